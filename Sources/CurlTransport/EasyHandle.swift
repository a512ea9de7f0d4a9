internal import CCurl

/// A libcurl result code other than `CURLE_OK`.
struct CurlCode: Error, Hashable {
    let raw: CURLcode

    static func check(_ raw: CURLcode) throws(CurlCode) {
        if raw != CURLE_OK { throw CurlCode(raw: raw) }
    }

    /// libcurl's message, such as `Out of memory`.
    var text: String {
        guard let text = unsafe curl_easy_strerror(raw) else { return "error \(raw.rawValue)" }
        return unsafe String(cString: text)
    }

    static func == (one: Self, other: Self) -> Bool { one.raw == other.raw }
    func hash(into hasher: inout Hasher) { hasher.combine(raw.rawValue) }
}

/// One libcurl easy handle. It is move-only, so that there is one owner and one cleanup.
@safe struct EasyHandle: ~Copyable {
    let raw: OpaquePointer
    // libcurl writes its message about a failure here.
    private let errorText: UnsafeMutablePointer<CChar>

    init() throws(CurlCode) {
        // Initialised once per process, which is thread-safe since libcurl 7.84.
        try CurlCode.check(Self.global)
        guard let raw = unsafe curl_easy_init() else { throw CurlCode(raw: CURLE_OUT_OF_MEMORY) }
        let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.pointee = 0
        let status = unsafe ccurl_set_pointer(raw, CURLOPT_ERRORBUFFER, errorText)
        guard status == CURLE_OK else {
            // `deinit` does not run if the initialiser throws.
            unsafe curl_easy_cleanup(raw)
            unsafe errorText.deallocate()
            throw CurlCode(raw: status)
        }
        unsafe self.raw = raw
        unsafe self.errorText = errorText
    }

    private static let global = curl_global_init(Int(CURL_GLOBAL_ALL))

    deinit {
        unsafe curl_easy_cleanup(raw)
        unsafe errorText.deallocate()
    }

    func set(_ option: CURLoption, _ value: Int) throws(CurlCode) {
        try CurlCode.check(unsafe ccurl_set_long(raw, option, value))
    }

    func set(_ option: CURLoption, _ isOn: Bool) throws(CurlCode) {
        try set(option, isOn ? 1 : 0)
    }

    /// Sets a text option. libcurl copies the text.
    func set(_ option: CURLoption, _ value: String) throws(CurlCode) {
        // A zero byte would end the text in C, so that another file or host would be used.
        guard !value.utf8.contains(0) else {
            throw CurlCode(raw: CURLE_BAD_FUNCTION_ARGUMENT)
        }
        try CurlCode.check(unsafe ccurl_set_string(raw, option, value))
    }

    /// Sets an option of bytes. libcurl copies them.
    func set(_ option: CURLoption, bytes: [UInt8]) throws(CurlCode) {
        let status = unsafe bytes.withUnsafeBytes {
            unsafe ccurl_set_bytes(raw, option, $0.baseAddress, $0.count)
        }
        try CurlCode.check(status)
    }

    /// Removes the value of a text option.
    func clear(_ option: CURLoption) throws(CurlCode) {
        try CurlCode.check(unsafe ccurl_set_string(raw, option, nil))
    }

    func number(_ info: CURLINFO) -> Int {
        var value = 0
        // This fails only for an unknown option.
        _ = unsafe ccurl_get_long(raw, info, &value)
        return value
    }

    func text(_ info: CURLINFO) -> String? {
        var value: UnsafePointer<CChar>?
        // The text belongs to libcurl until the handle's next transfer.
        guard unsafe ccurl_get_string(raw, info, &value) == CURLE_OK, let value = unsafe value
        else { return nil }
        return unsafe String(cString: value)
    }

    /// libcurl's message about the last failure; empty if there is none.
    var failureText: String { unsafe String(cString: errorText) }

    func forgetFailureText() { unsafe errorText.pointee = 0 }
}
