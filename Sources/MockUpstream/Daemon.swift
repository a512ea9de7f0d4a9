internal import CMicroHTTPD

/// One libmicrohttpd daemon. It speaks HTTP, or HTTPS with one identity, on connections that are
/// passed to it, and has no thread, listening socket or timer of its own.
///
/// The reactor, which C keeps as the context of callbacks, calls ``stop()`` once before it is
/// released.
// Made by any thread, used by the reactor's thread only.
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
        // Unretained is safe: C calls back only inside `run`, `add` and `stop`, which the reactor
        // calls while it exists.
        let context = unsafe Unmanaged.passUnretained(reactor).toOpaque()
        let daemon = unsafe Self.withText(identity?.chain, identity?.key, authority) {
            chain, key, authority in
            // More than the limit for all daemons together, which the reactor enforces.
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

    /// A descriptor that is readable while there is work to do.
    var descriptor: Int32 { unsafe cmicrohttpd_epoll_descriptor(raw) }

    /// Whether there is work to do that the descriptor does not show.
    var hasWork: Bool { unsafe cmicrohttpd_has_work(raw) != 0 }

    /// Does all work that needs no waiting.
    func run() { unsafe _ = MHD_run(raw) }

    /// Takes over a connection. If it cannot be served it is closed.
    /// - Returns: whether the connection is served.
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

// MARK: - Callbacks of libmicrohttpd

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

/// A connection starts or is closed. In between, its context retains its object.
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

/// The request line has been read. The result is passed to every further call for this request.
private func requestBegins(
    _ context: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ raw: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let raw = unsafe raw, let target = unsafe target else { return nil }
    let slot = unsafe cmicrohttpd_connection_context(raw)
    unsafe connection(slot).begin(target: String(cString: target))
    return unsafe slot
}

/// Called when the header is complete, for each part of the body, at its end, and after each wait.
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

/// The answer was sent, or the request failed.
private func requestEnds(
    _ context: UnsafeMutableRawPointer?, _ raw: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_RequestTerminationCode
) {
    guard let slot = unsafe slot, unsafe slot.pointee != nil else { return }
    unsafe connection(slot.pointee).requestEnded(
        isComplete: code == .REQUEST_TERMINATED_COMPLETED_OK)
    unsafe slot.pointee = nil
}
