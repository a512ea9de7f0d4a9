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
public final class MockUpstream: Sendable {
    private enum Life: ~Copyable {
        case driven
        case threaded(SystemThread)
        case stopped
    }

    /// The port that clients call.
    public let port: UInt16
    private let settings: Settings
    private let reactor: Reactor
    private let entrance: Entrance
    /// Ports of their own for what happens before a request, each opened when first asked for.
    private let sideEntrances = Mutex<[Door: Entrance]>([:])
    private let life: Mutex<Life>

    /// Listens and, in the mode `threaded`, serves.
    /// - Parameters:
    ///   - settings: how it listens, and what it puts up with.
    ///   - source: decides what becomes of each request.
    /// - Throws: where the port, a certificate, a descriptor or a thread cannot be had.
    public init(_ settings: Settings, source: some ExchangeSource) throws(MockUpstreamError) {
        self.settings = settings
        let reactor = try Reactor(settings, source: source)
        let entrance: Entrance
        do throws(MockUpstreamError) {
            entrance = try Entrance(address: settings.address, port: settings.port, door: .open)
            try reactor.prepare(.open)
            reactor.add(entrance)
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
        self.entrance = entrance
        port = entrance.port
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
        let door = Door(for: ending)
        if door == .open { return port }
        precondition(!isStopped, "a server that was stopped has no ports")
        if let side = sideEntrances.withLock({ $0[door] }) { return side.port }
        try reactor.prepare(door)
        let side = try Entrance(address: settings.address, port: 0, door: door)
        reactor.add(side)
        sideEntrances.withLock { $0[door] = side }
        return side.port
    }

    /// Turns what clients meet at ``port``, at once. Where it closes, those who are in and wait for
    /// nothing are sent away, so that they meet it too. For clients that know nothing.
    public func setDoor(_ door: Door) throws(MockUpstreamError) {
        precondition(!isStopped, "a server that was stopped has no door")
        try reactor.prepare(door)
        try entrance.turn(door)
        if door != .open { reactor.plan.withLock { $0.sendsAway = true } }
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
