internal import CMicroHTTPD

/// One libmicrohttpd daemon: it speaks HTTP, or HTTP inside TLS with one identity, on connections that
/// are handed to it. It has no thread, no listening socket and no timer.
///
/// A class because C keeps the reactor as the context of its callbacks; ``stop()`` is called by the
/// reactor, once, before it goes.
// Checked by hand: made by any thread, used by that of the reactor only.
@safe final class Daemon: @unchecked Sendable {
    private let raw: OpaquePointer

    init(
        _ settings: MockUpstreamServer.Settings, identity: MockUpstreamServer.Identity?,
        reactor: Reactor
    )
        throws(MockUpstreamError)
    {
        if let identity { try Self.check(identity) }
        let authority = identity == nil ? nil : settings.tls?.clientAuthority
        if let authority { try Self.check(authority: authority) }
        var callbacks = unsafe cmicrohttpd_callbacks(
            handle: handleRequest, request_begins: requestBegins, request_ends: requestEnds,
            connection_changes: connectionChanges)
        // Unretained is enough: C calls back only inside `run`, `add` and `stop`, which the reactor
        // makes while it lives.
        let context = unsafe Unmanaged.passUnretained(reactor).toOpaque()
        let daemon = unsafe Self.withText(identity?.chain, identity?.key, authority) {
            chain, key, authority in
            // Beyond the limit of all daemons together, which the reactor keeps.
            var values = unsafe cmicrohttpd_settings(
                connections_max: UInt32(settings.connectionsMax) + 16,
                memory_per_connection: settings.headerBytesMax, certificate: chain, key: key,
                client_authority: authority)
            return unsafe cmicrohttpd_start(&callbacks, &values, context)
        }
        guard let daemon = unsafe daemon else {
            throw MockUpstreamError(
                code: .outOfResources, message: "libmicrohttpd does not start: out of memory.")
        }
        unsafe raw = daemon
    }

    /// For ``Readiness``: readable while there is something to do.
    var descriptor: Int32 { unsafe cmicrohttpd_epoll_descriptor(raw) }

    /// Whether there is something to do that the descriptor does not tell of.
    var hasWork: Bool { unsafe cmicrohttpd_has_work(raw) != 0 }

    /// Does what can be done without waiting.
    func run() { unsafe _ = MHD_run(raw) }

    /// Takes over a connection; it is closed where it cannot be served.
    func add(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Bool {
        unsafe MHD_add_connection(raw, descriptor, address, length) == .YES
    }

    /// Closes all connections. No connection may be suspended.
    func stop() { unsafe MHD_stop_daemon(raw) }

    private static func check(_ identity: MockUpstreamServer.Identity) throws(MockUpstreamError) {
        let problem = unsafe identity.chain.withCString { chain in
            unsafe identity.key.withCString { key in
                unsafe cmicrohttpd_identity_problem(chain, key).map { unsafe String(cString: $0) }
            }
        }
        guard let problem else { return }
        throw MockUpstreamError(
            code: .certificateInvalid,
            message: "the server's certificate and key cannot be used: \(problem) "
                + "Give a certificate and its own key, both in PEM, the key without password.")
    }

    private static func check(authority: String) throws(MockUpstreamError) {
        let problem = unsafe authority.withCString { text in
            unsafe cmicrohttpd_authority_problem(text).map { unsafe String(cString: $0) }
        }
        guard let problem else { return }
        throw MockUpstreamError(
            code: .certificateInvalid,
            message: "the certificate of those who sign client certificates cannot be used: "
                + "\(problem) Give it in PEM.")
    }

    private static func withText<Result>(
        _ first: String?, _ second: String?, _ third: String?,
        _ body: (UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Result
    ) -> Result {
        unsafe withText(first) { first in
            unsafe withText(second) { second in
                unsafe withText(third) { third in unsafe body(first, second, third) }
            }
        }
    }

    private static func withText<Result>(
        _ text: String?, _ body: (UnsafePointer<CChar>?) -> Result
    ) -> Result {
        guard let text else { return body(nil) }
        return unsafe text.withCString { unsafe body($0) }
    }
}

// MARK: - What libmicrohttpd calls

private func reactor(_ context: UnsafeMutableRawPointer?) -> Reactor {
    guard let context = unsafe context else {
        preconditionFailure("every callback has its reactor")
    }
    return unsafe Unmanaged<Reactor>.fromOpaque(context).takeUnretainedValue()
}

private func connection(_ context: UnsafeMutableRawPointer?) -> Connection {
    guard let context = unsafe context else {
        preconditionFailure("a request belongs to a connection")
    }
    return unsafe Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
}

/// A connection begins or is over. Its object is retained in between, by its context.
private func connectionChanges(
    _ context: UnsafeMutableRawPointer?, _ raw: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ change: MHD_ConnectionNotificationCode
) {
    guard let raw = unsafe raw, let slot = unsafe slot else { return }
    let reactor = unsafe reactor(context)
    switch change {
    case .CONNECTION_NOTIFY_STARTED:
        let connection = unsafe Connection(raw, reactor: reactor)
        reactor.began(connection)
        unsafe slot.pointee = Unmanaged.passRetained(connection).toOpaque()
    case .CONNECTION_NOTIFY_CLOSED:
        guard let context = unsafe slot.pointee else { return }
        let connection = unsafe Unmanaged<Connection>.fromOpaque(context).takeRetainedValue()
        unsafe slot.pointee = nil
        reactor.closed(connection)
    @unknown default: break
    }
}

/// The request line has been read; what is returned comes with every further call for this request.
private func requestBegins(
    _ context: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ raw: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let raw = unsafe raw, let target = unsafe target else { return nil }
    let slot = unsafe cmicrohttpd_connection_context(raw)
    unsafe connection(slot).begin(target: String(cString: target))
    return unsafe slot
}

/// Called when the header is there, for each part of the body, at its end, and after each wait.
private func handleRequest(
    _ context: UnsafeMutableRawPointer?, _ raw: OpaquePointer?, _ path: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?,
    _ upload: UnsafePointer<CChar>?, _ uploadSize: UnsafeMutablePointer<Int>?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let slot = unsafe slot, let method = unsafe method, let uploadSize = unsafe uploadSize
    else { return .NO }
    let connection = unsafe connection(slot.pointee)
    let part = unsafe UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee)
    unsafe uploadSize.pointee = 0
    return unsafe connection.advance(method: method, part: part) ? .YES : .NO
}

/// The answer is sent, or the request came to nothing.
private func requestEnds(
    _ context: UnsafeMutableRawPointer?, _ raw: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_RequestTerminationCode
) {
    guard let slot = unsafe slot, unsafe slot.pointee != nil else { return }
    unsafe connection(slot.pointee).requestEnded(
        isComplete: code == .REQUEST_TERMINATED_COMPLETED_OK)
    unsafe slot.pointee = nil
}
