internal import CCurl
import APIClient
import HTTPTypes

/// State that the transfers of one loop share. Used on the loop's thread only.
final class LoopState {
    var sends: UInt64 = 0
    var names = FieldNames()
    let settings: CurlSettings

    init(_ settings: CurlSettings) { self.settings = settings }
}

/// One easy handle with the state of its transfer; used for one transfer after the other.
///
/// libcurl holds an unretained pointer to it. The loop keeps it for as long as the handle lives,
/// and libcurl calls back only while a transfer is under way.
@safe final class CurlExchange {
    let easy: EasyHandle
    let loop: LoopState
    let slot: UInt32
    /// Distinguishes the transfers of one slot.
    var generation: UInt64 = 0
    var completion: ((Result<TransportResponse, TransportError>) -> Void)?
    var request: TransportRequest?
    var fields = HTTPFields()
    var aim = CurlAim.asAddressed
    var bytes = RequestBytes()
    let route: UnsafeMutablePointer<curl_slist>

    var head = ResponseHead()
    var body: [UInt8] = []
    /// The transport's own reason to stop the transfer. It takes precedence over libcurl's "write
    /// error".
    var failure: TransportError?
    /// Whether the request was sent. A second send is prevented.
    var hasSent = false
    /// Whether libcurl wanted to send the request again.
    var wasResendRefused = false
    /// libcurl's message about the first send at that time; empty if the connection just ended.
    var textBeforeResend = ""
    var isHeadOnly = false
    var isDecompressing = false
    /// Whether the handle is added to the multi handle.
    var isAdded = false
    var redirectsLeft = 0
    /// Instants of the loop's clock.
    var started: Int64 = 0
    var hopStarted: Int64 = 0
    var sent: Int64 = 0

    /// Makes an idle exchange.
    /// - Throws: libcurl's code if an option is not supported or memory is short.
    init(slot: UInt32, loop: LoopState) throws(CurlCode) {
        self.slot = slot
        self.loop = loop
        easy = try EasyHandle()
        unsafe route = .allocate(capacity: 1)
        unsafe route.initialize(to: curl_slist(data: nil, next: nil))
        try loop.settings.apply(to: easy)
        try connect()
    }

    deinit { unsafe route.deallocate() }

    private func connect() throws(CurlCode) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        for option in [
            CURLOPT_PRIVATE, CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_PREREQDATA,
            CURLOPT_OPENSOCKETDATA,
        ] {
            try CurlCode.check(unsafe ccurl_set_pointer(easy.raw, option, context))
        }
        try CurlCode.check(
            unsafe ccurl_set_receive(easy.raw, CURLOPT_HEADERFUNCTION, receiveHeader))
        try CurlCode.check(unsafe ccurl_set_receive(easy.raw, CURLOPT_WRITEFUNCTION, receiveBody))
        try CurlCode.check(unsafe ccurl_set_prereq(easy.raw, mayBeSent))
        try CurlCode.check(unsafe ccurl_set_opensocket(easy.raw, openSocket))
    }

    static func of(_ context: UnsafeMutableRawPointer) -> CurlExchange {
        unsafe Unmanaged<CurlExchange>.fromOpaque(context).takeUnretainedValue()
    }

    /// Whether the first byte of an answer has come.
    var hasAnswer: Bool { head.hasBegun || !body.isEmpty }

    /// Resets the transfer's state, so that nothing of it can affect the next transfer.
    func forget() {
        generation += 1
        completion = nil
        request = nil
        fields = HTTPFields()
        clearAnswer()
    }

    func clearAnswer() {
        head = ResponseHead()
        body = []
        failure = nil
        hasSent = false
        wasResendRefused = false
        textBeforeResend = ""
        easy.forgetFailureText()
    }

    // MARK: - Callbacks of libcurl

    /// Processes a header line.
    /// - Returns: whether the transfer continues.
    fileprivate func received(header line: UnsafeRawBufferPointer) -> Bool {
        do throws(TransportError) {
            unsafe try head.receive(
                line, sizeMax: loop.settings.headerSizeMax, names: &loop.names)
            return true
        } catch {
            failure = error
            return false
        }
    }

    /// Processes a part of the body.
    /// - Returns: whether the transfer continues.
    fileprivate func received(body chunk: UnsafeRawBufferPointer) -> Bool {
        let sizeMax = loop.settings.bodySizeMax
        let declared = head.contentLength ?? 0
        guard body.count + chunk.count <= sizeMax, declared <= sizeMax else {
            failure = TransportError(.tooLarge, "the body has more than \(sizeMax) bytes")
            return false
        }
        if body.isEmpty { body.reserveCapacity(max(declared, chunk.count)) }
        unsafe body.append(contentsOf: chunk)
        return true
    }

    /// Called before libcurl sends the request.
    /// - Returns: whether it may be sent, which is so the first time only.
    fileprivate func isFirstSend() -> Bool {
        guard !hasSent else {
            refuseResend()
            return false
        }
        hasSent = true
        loop.sends += 1
        if loop.settings.firstByteTimeout != nil { sent = LoopClock.now }
        return true
    }

    /// Whether libcurl may connect. A connection after the send would be for a second send.
    fileprivate func mayConnect() -> Bool {
        if hasSent { refuseResend() }
        return !hasSent
    }

    private func refuseResend() {
        guard !wasResendRefused else { return }
        wasResendRefused = true
        textBeforeResend = easy.failureText
    }
}

private func receiveHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe CurlExchange.of(context).received(header: line) ? line.count : 0
}

private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    let chunk = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    // A count of 0 would be read as success for an empty part.
    return unsafe CurlExchange.of(context).received(body: chunk) ? chunk.count : -1
}

private func mayBeSent(
    _ context: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<CChar>?,
    _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32
) -> Int32 {
    guard let context = unsafe context else { return CURL_PREREQFUNC_ABORT }
    return unsafe CurlExchange.of(context).isFirstSend()
        ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private func openSocket(
    _ context: UnsafeMutableRawPointer?, _: curlsocktype,
    _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let context = unsafe context, let address = unsafe address,
        unsafe CurlExchange.of(context).mayConnect()
    else { return -1 }
    return unsafe makeSocket(
        address.pointee.family, address.pointee.socktype, address.pointee.protocol)
}
