import Platform
import Synchronization
public import Upstream

/// An HTTP server that performs what an upstream model decides, on real sockets, and nothing else.
///
/// It holds no logic of faults: whatever becomes of a request is in the ``Decision`` that the source
/// gives for it. Broken answers are written byte by byte, connections are really reset, hangs are really
/// parked.
///
/// In the mode `driven` one thread makes, drives and stops it; in `threaded` any thread may call it,
/// but ``stop()`` not from within the source.
public final class MockUpstreamServer: Sendable {
    private enum Life: ~Copyable {
        case driven
        case threaded(SystemThread)
        case stopped
    }

    /// The port that clients call.
    public let port: UInt16
    private let settings: Settings
    private let reactor: Reactor
    private let listeningPort: ListeningPort
    /// Ports of their own for what happens before a request, each opened when first asked for.
    private let sidePorts = Mutex<[ListenerState: ListeningPort]>([:])
    private let life: Mutex<Life>

    /// Listens and, in the mode `threaded`, serves.
    /// - Parameters:
    ///   - settings: how it listens, and what it puts up with.
    ///   - source: decides what becomes of each request.
    /// - Throws: where the port, a certificate, a descriptor or a thread cannot be had.
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

    /// The monotonic clock, in nanoseconds since some start: what arrivals are told in.
    public static var now: Int64 { Monotonic.now }

    private var isStopped: Bool { reactor.stopRequested.load(ordering: .acquiring) }

    // MARK: - Driving

    /// Does what can be done without waiting. For the mode `driven`, by its owner only.
    /// - Returns: whether anything happened.
    @discardableResult public func turn() -> Bool { reactor.turn() }

    /// Readable while ``turn()`` has something to do, delays that are over included.
    public var descriptor: Int32 { reactor.readiness.descriptor }

    /// Closes every connection and port; exchanges under way end as `serverStopped`. Nothing of the
    /// server is left when it returns. Does nothing the second time.
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

    // MARK: - Doors

    /// The port at which a client meets this end of an exchange: its own port where the request is
    /// read, another where everything is over before. For clients that know the decision beforehand.
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

    /// Turns what clients meet at ``port``, at once. Where it closes, those who are in and wait for
    /// nothing are sent away, so that they meet it too. For clients that know nothing.
    public func setListenerState(_ listenerState: ListenerState) throws(MockUpstreamError) {
        precondition(!isStopped, "a server that was stopped has no door")
        try reactor.prepare(listenerState)
        try listeningPort.turn(listenerState)
        if listenerState != .open { reactor.plan.withLock { $0.sendsAway = true } }
        reactor.readiness.wake()
    }

    // MARK: - Counts

    /// Connections that were accepted so far.
    public var connectionCount: UInt64 { reactor.counts.connections.load(ordering: .relaxed) }
    /// Connections that speak HTTP now.
    public var openConnectionCount: Int { reactor.counts.open.load(ordering: .relaxed) }
    /// Requests that the source was asked about so far.
    public var requestCount: UInt64 { reactor.counts.requests.load(ordering: .relaxed) }
}
