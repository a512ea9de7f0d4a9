internal import CCurl
import APIClient
import HTTPTypes

/// What the transfers of one loop share. Belongs to the loop's thread.
final class LoopState {
    var sends: UInt64 = 0
    var names = FieldNames()
    let settings: CurlSettings

    init(_ settings: CurlSettings) { self.settings = settings }
}

/// One easy handle and what its transfer has brought so far; used for one transfer after the other.
///
/// libcurl holds an unretained pointer to it: the loop keeps it for as long as the handle lives, and
/// libcurl calls back only while a transfer is under way.
@safe final class CurlExchange {
    let easy: EasyHandle
    let loop: LoopState
    let slot: UInt32
    /// Tells transfers of one slot apart.
    var generation: UInt64 = 0
    var completion: ((Result<TransportResponse, TransportError>) -> Void)?
    var request: TransportRequest?
    var fields = HTTPFields()
    var aim = CurlAim.asAddressed
    var bytes = RequestBytes()
    let route: UnsafeMutablePointer<curl_slist>

    var head = ResponseHead()
    var body: [UInt8] = []
    /// Our own reason to stop the transfer, which beats libcurl's "write error".
    var failure: TransportError?
    /// Whether the request went out, as far as we could tell libcurl not to.
    var hasSent = false
    /// Whether libcurl wanted to send it again.
    var wasResendRefused = false
    /// What libcurl had said about the first send until then; empty where the connection just ended.
    var textBeforeResend = ""
    var isHeadOnly = false
    var isDecompressing = false
    /// Whether libcurl has it.
    var isAdded = false
    var redirectsLeft = 0
    /// Instants of the loop's clock.
    var started: Int64 = 0
    var hopStarted: Int64 = 0
    var sent: Int64 = 0

    /// - Throws: what libcurl says of an option, or about memory.
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

    /// Whether an answer's first byte has come.
    var hasAnswer: Bool { head.hasBegun || !body.isEmpty }

    /// Forgets the transfer, so that nothing of it can show in the next.
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

    // MARK: - What libcurl reports

    /// - Returns: whether the transfer goes on.
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

    /// - Returns: whether the transfer goes on.
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

    /// - Returns: whether the request may go out: the first time.
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

    /// A connection after the send would be for a second one.
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
    // Nothing is everything that there was.
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
