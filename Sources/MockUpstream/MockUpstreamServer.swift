import Platform
import Synchronization
public import Upstream

/// An HTTP server on real sockets that carries out the decisions of an upstream model.
///
/// It contains no fault logic: what happens to a request is in the ``Decision`` that the source
/// returns. Broken answers are written byte by byte, connections are really reset, and hanging
/// exchanges stay open.
///
/// In the mode `driven` one thread makes, drives and stops the server. In the mode `threaded` any
/// thread may call it, but ``stop()`` must not be called from within the source.
public final class MockUpstreamServer: Sendable {
    private enum Life: ~Copyable {
        case driven
        case threaded(SystemThread)
        case stopped
    }

    /// The port that clients connect to.
    public let port: UInt16
    private let settings: Settings
    private let reactor: Reactor
    private let listeningPort: ListeningPort
    /// Additional ports for the states other than `open`, each opened when it is first asked for.
    private let sidePorts = Mutex<[ListenerState: ListeningPort]>([:])
    private let life: Mutex<Life>

    /// Starts listening and, in the mode `threaded`, serving.
    /// - Parameters:
    ///   - settings: the address, the limits and the mode.
    ///   - source: decides what happens to each request.
    /// - Throws: ``MockUpstreamError`` if the port, a certificate, a descriptor or a thread cannot
    ///   be had.
    public init(_ settings: Settings, source: some ExchangeSource) throws(MockUpstreamError) {
        self.settings = settings
        let reactor = try Reactor(settings, source: source)
        let listeningPort: ListeningPort
        do throws(MockUpstreamError) {
            listeningPort = try ListeningPort(
                address: settings.address, port: settings.port, listenerState: .open)
            try reactor.prepare(.open)
            reactor.add(listeningPort)
            switch settings.mode {
            case .driven: life = Mutex(.driven)
            case .threaded:
                life = Mutex(.threaded(try Self.thread { reactor.run() }))
            }
        } catch {
            reactor.stop()
            throw error
        }
        self.reactor = reactor
        self.listeningPort = listeningPort
        port = listeningPort.port
    }

    private static func thread(
        _ body: @escaping @Sendable () -> Void
    ) throws(MockUpstreamError) -> SystemThread {
        do {
            return try SystemThread(body)
        } catch {
            throw MockUpstreamError(
                code: .outOfResources, message: "no thread could be started: \(error.text).")
        }
    }

    deinit { stop() }

    /// The monotonic clock in nanoseconds since an arbitrary origin. Arrivals are measured by it.
    public static var now: Int64 { Monotonic.now }

    private var isStopped: Bool { reactor.stopRequested.load(ordering: .acquiring) }

    // MARK: - Driving

    /// Does all work that needs no waiting. For the owner of a server in the mode `driven` only.
    /// - Returns: whether anything happened.
    @discardableResult public func turn() -> Bool { reactor.turn() }

    /// A descriptor that is readable while ``turn()`` has work to do, expired delays included.
    public var descriptor: Int32 { reactor.readiness.descriptor }

    /// Closes every connection and port; exchanges under way end as `serverStopped`. Everything is
    /// released when it returns. Further calls have no effect.
    public func stop() {
        life.withLock { life in
            reactor.stopRequested.store(true, ordering: .releasing)
            switch consume life {
            case .driven: reactor.stop()
            case .threaded(let thread):
                reactor.readiness.wake()
                thread.join()
                reactor.stop()
            case .stopped: break
            }
            life = .stopped
        }
    }

    // MARK: - Listener states

    /// The port at which a client meets this ending: ``port`` if the request is read, another port
    /// if the exchange ends before that. For clients that know the decision in advance.
    /// - Throws: ``MockUpstreamError`` if the other port or its certificate cannot be had.
    public func port(for ending: Decision.Ending) throws(MockUpstreamError) -> UInt16 {
        let listenerState = ListenerState(for: ending)
        if listenerState == .open { return port }
        precondition(!isStopped, "a server that was stopped has no ports")
        if let side = sidePorts.withLock({ $0[listenerState] }) { return side.port }
        try reactor.prepare(listenerState)
        let side = try ListeningPort(
            address: settings.address, port: 0, listenerState: listenerState)
        reactor.add(side)
        sidePorts.withLock { $0[listenerState] = side }
        return side.port
    }

    /// Changes at once what clients meet at ``port``. If the new state is not `open`, idle
    /// connections are closed, so that their clients meet it too. For clients that do not know the
    /// decisions.
    /// - Throws: ``MockUpstreamError`` if the port cannot be opened again, or a certificate is
    ///   missing.
    public func setListenerState(_ listenerState: ListenerState) throws(MockUpstreamError) {
        precondition(!isStopped, "a server that was stopped has no listener")
        try reactor.prepare(listenerState)
        try listeningPort.turn(listenerState)
        if listenerState != .open { reactor.plan.withLock { $0.sendsAway = true } }
        reactor.readiness.wake()
    }

    // MARK: - Counts

    /// The number of connections that were accepted so far.
    public var connectionCount: UInt64 { reactor.counts.connections.load(ordering: .relaxed) }
    /// The number of open connections that speak HTTP.
    public var openConnectionCount: Int { reactor.counts.open.load(ordering: .relaxed) }
    /// The number of requests that the source was asked about so far.
    public var requestCount: UInt64 { reactor.counts.requests.load(ordering: .relaxed) }
}
