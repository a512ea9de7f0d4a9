internal import CCurl

/// What libcurl said instead of "OK".
struct CurlCode: Error, Hashable {
    let raw: CURLcode

    static func check(_ raw: CURLcode) throws(CurlCode) {
        if raw != CURLE_OK { throw CurlCode(raw: raw) }
    }

    /// libcurl's own words, such as `Out of memory`.
    var text: String {
        guard let text = unsafe curl_easy_strerror(raw) else { return "error \(raw.rawValue)" }
        return unsafe String(cString: text)
    }

    static func == (one: Self, other: Self) -> Bool { one.raw == other.raw }
    func hash(into hasher: inout Hasher) { hasher.combine(raw.rawValue) }
}

/// One libcurl easy handle. Move-only: one owner, one cleanup.
@safe struct EasyHandle: ~Copyable {
    let raw: OpaquePointer
    // libcurl writes its words about a failure here.
    private let errorText: UnsafeMutablePointer<CChar>

    init() throws(CurlCode) {
        // Once for the process; safe from any thread since libcurl 7.84.
        try CurlCode.check(Self.global)
        guard let raw = unsafe curl_easy_init() else { throw CurlCode(raw: CURLE_OUT_OF_MEMORY) }
        let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.pointee = 0
        let status = unsafe ccurl_set_pointer(raw, CURLOPT_ERRORBUFFER, errorText)
        guard status == CURLE_OK else {
            // `deinit` does not run for a value that was never whole.
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

    /// libcurl copies the text.
    func set(_ option: CURLoption, _ value: String) throws(CurlCode) {
        // C would take it to end there, and open another file, or ask another host.
        guard !value.utf8.contains(0) else {
            throw CurlCode(raw: CURLE_BAD_FUNCTION_ARGUMENT)
        }
        try CurlCode.check(unsafe ccurl_set_string(raw, option, value))
    }

    /// libcurl copies the bytes.
    func set(_ option: CURLoption, bytes: [UInt8]) throws(CurlCode) {
        let status = unsafe bytes.withUnsafeBytes {
            unsafe ccurl_set_bytes(raw, option, $0.baseAddress, $0.count)
        }
        try CurlCode.check(status)
    }

    /// Takes a text back.
    func clear(_ option: CURLoption) throws(CurlCode) {
        try CurlCode.check(unsafe ccurl_set_string(raw, option, nil))
    }

    func number(_ info: CURLINFO) -> Int {
        var value = 0
        // It fails for an unknown number only.
        _ = unsafe ccurl_get_long(raw, info, &value)
        return value
    }

    func text(_ info: CURLINFO) -> String? {
        var value: UnsafePointer<CChar>?
        // The text is libcurl's, until the handle's next transfer.
        guard unsafe ccurl_get_string(raw, info, &value) == CURLE_OK, let value = unsafe value
        else { return nil }
        return unsafe String(cString: value)
    }

    /// What libcurl said about the last failure; empty where nothing.
    var failureText: String { unsafe String(cString: errorText) }

    func forgetFailureText() { unsafe errorText.pointee = 0 }
}
