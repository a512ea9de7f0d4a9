internal import CMicroHTTPD
import Synchronization
import Upstream

/// The event loop of a server: on one thread, or driven by one owner, it accepts connections, runs
/// the daemons and ends the waits.
///
/// So no C callbacks run concurrently, and no connection needs a lock.
// Any thread may use `settings`, `source`, `counts`, `plan`, `stopRequested` and `readiness.wake`.
// Everything else belongs to the thread that runs the reactor.
@safe final class Reactor: @unchecked Sendable {
    /// The changes that other threads request.
    struct Plan {
        /// The listening ports by tag. None is ever removed.
        var entrances: [ListeningPort] = []
        /// The daemons by tag, each with its listener state. None is ever removed.
        var daemons: [(listenerState: MockUpstreamServer.ListenerState, daemon: Daemon)] = []
        /// Whether idle connections are to be closed, so that their clients connect again.
        var sendsAway = false
    }

    /// The server's counters.
    struct Counts: ~Copyable {
        let connections = Atomic<UInt64>(0)
        let requests = Atomic<UInt64>(0)
        let open = Atomic<Int>(0)
    }

    private enum Tag {
        static let listeningPort: UInt64 = 1 << 56
        static let daemon: UInt64 = 2 << 56
        static let connection: UInt64 = 3 << 56
        static let held: UInt64 = 4 << 56
        static let kind: UInt64 = 0xFF << 56
    }

    let settings: MockUpstreamServer.Settings
    let source: any ExchangeSource
    let counts = Counts()
    let plan = Mutex(Plan())
    let stopRequested = Atomic<Bool>(false)

    let readiness: Readiness
    var timers = Timers()
    var responses = ResponseCache()
    /// Increases with everything that happens to a request or a connection.
    var work: UInt64 = 0
    private(set) var isStopping = false
    private var daemons: [Daemon] = []
    /// The indices of the daemons that may have work to do.
    private var ready: Set<Int> = []
    private var connections: [UInt64: Connection] = [:]
    private var held: [UInt64: Descriptor.Shared] = [:]
    private var lastNumber: UInt64 = 0
    /// The indices in the plan of the listening ports that are watched.
    private var watched: Set<Int> = []
    /// Whether no more connections are accepted because a limit is reached.
    private var isFull = false
    /// The next instant at which slow clients are looked for; `.max`: never.
    private var nextSweep = Int64.max
    private let idleTimeout: Int64

    /// A connection must have been idle for longer than this, in nanoseconds, to be closed in
    /// favour of another.
    private static let roomAfter: Int64 = 1_000_000_000
    /// Nanoseconds until the next try to make room.
    private static let roomGap: Int64 = 100_000_000

    init(_ settings: MockUpstreamServer.Settings, source: any ExchangeSource)
        throws(MockUpstreamError)
    {
        self.settings = settings
        self.source = source
        readiness = try Readiness()
        idleTimeout = settings.idleTimeout.map(\.inNanoseconds) ?? .max
    }

    // MARK: - Running

    /// Does all work that needs no waiting.
    /// - Returns: whether anything happened.
    func turn() -> Bool {
        let before = work
        endWaits()
        // Most turns only need the daemon of the state `open`, and no further system call.
        if let first = daemons.first { first.run() }
        runReady()
        if work == before {
            poll(milliseconds: 0)
            endWaits()
            runReady()
        }
        return work != before
    }

    /// Runs until the server is told to stop.
    func run() {
        while !stopRequested.load(ordering: .acquiring) {
            // Waiting is out of the question while a daemon has work to do.
            let isBusy = daemons.contains { $0.hasWork }
            poll(milliseconds: isBusy ? 0 : -1)
            for index in daemons.indices where daemons[index].hasWork { ready.insert(index) }
            endWaits()
            runReady()
            serveOn()
        }
    }

    /// Serves on while requests keep coming, without the other system calls. It is bounded, because
    /// new connections have to be accepted.
    private func serveOn() {
        for _ in 0..<32 {
            let before = work
            daemons.first?.run()
            endWaits()
            if work == before { return }
        }
    }

    private func runReady() {
        guard !ready.isEmpty else { return }
        let indices = ready
        ready.removeAll(keepingCapacity: true)
        for index in indices { daemons[index].run() }
    }

    /// Marks all daemons as ready: no descriptor of a daemon shows the end of a wait.
    private func markAllReady() { for index in daemons.indices { ready.insert(index) } }

    private func poll(milliseconds: Int32) {
        readiness.setAlarm(min(timers.next, nextSweep))
        var events = InlineArray<64, UInt64>(repeating: 0)
        var count = 0
        // In two steps, because handling an event may use `readiness` again.
        readiness.poll(milliseconds: milliseconds) { event in
            switch event {
            case .timer: break
            case .woken: events[count] = 0; count += 1
            case .descriptor(let tag): events[count] = tag; count += 1
            }
        }
        for index in 0..<count { handle(events[index]) }
    }

    private func handle(_ tag: UInt64) {
        switch tag & Tag.kind {
        case Tag.listeningPort: acceptConnections(at: Int(tag & ~Tag.kind))
        case Tag.daemon: ready.insert(Int(tag & ~Tag.kind))
        case Tag.connection:
            connections[tag]?.clientLeft()
            markAllReady()
            work &+= 1
        case Tag.held: held[tag] = nil
        default: applyPlan()
        }
    }

    private func endWaits() {
        guard !timers.isEmpty || nextSweep != .max else { return }
        let now = Monotonic.now
        while let entry = timers.pop(at: now) {
            if entry.connection.wait == entry.wait { entry.connection.resume() }
            markAllReady()
            work &+= 1
        }
        if nextSweep <= now { sweep(at: now) }
    }

    // MARK: - Callers

    private func acceptConnections(at index: Int) {
        let listeningPort = plan.withLock { $0.entrances[index] }
        var address = sockaddr_storage()
        var length = socklen_t()
        // A few at a time, so that many new connections do not hold up the existing ones.
        for _ in 0..<64 {
            guard hasRoom else { return stopAccepting() }
            let (caller, listenerState) = listeningPort.accept(&address, &length)
            switch caller {
            case .noneWaiting: return
            case .noRoom: return stopAccepting()
            case .connection(let descriptor):
                work &+= 1
                counts.connections.add(1, ordering: .relaxed)
                if listenerState == .handshakeHang {
                    hold(descriptor)
                } else {
                    admit(descriptor, listenerState, address, length)
                }
            }
        }
    }

    private var hasRoom: Bool { connections.count + held.count < settings.connectionsMax }

    /// Stops accepting connections until one has closed.
    private func stopAccepting() {
        isFull = true
        watchEntrances()
        makeRoom(at: Monotonic.now)
    }

    private func admit(
        _ caller: Int32, _ listenerState: MockUpstreamServer.ListenerState,
        _ address: sockaddr_storage, _ length: socklen_t
    ) {
        applyPlan()
        let index = plan.withLock { plan in
            plan.daemons.firstIndex { $0.listenerState == listenerState }
        }
        guard let index else { preconditionFailure("a daemon is made before its listener opens") }
        var address = address
        ready.insert(index)
        // The daemon closes a connection that it does not take.
        _ = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe daemons[index].add(caller, $0, length)
            }
        }
    }

    private func hold(_ caller: Int32) {
        let tag = Tag.held | nextConnectionNumber()
        held[tag] = Descriptor.Shared(Descriptor(open: caller))
        // If the system cannot detect the close, the connection is held until the server stops.
        _ = readiness.watchForEnd(caller, tag: tag, again: false)
    }

    /// Carries out the changes that other threads have requested.
    private func applyPlan() {
        let (added, sendsAway) = plan.withLock { plan in
            defer { plan.sendsAway = false }
            return (plan.daemons[daemons.count...].map(\.daemon), plan.sendsAway)
        }
        for daemon in added {
            ready.insert(daemons.count)
            daemons.append(daemon)
        }
        watchEntrances()
        guard sendsAway else { return }
        for connection in connections.values where connection.phase == .waiting { connection.cut() }
        markAllReady()
    }

    /// Watches the ports that accept connections and no others: a port that does not listen would
    /// be reported as ready all the time.
    private func watchEntrances() {
        for (index, listeningPort) in plan.withLock(\.entrances).enumerated() {
            let shallWatch = !isFull && listeningPort.isListening
            if shallWatch == watched.contains(index) { continue }
            if shallWatch {
                do {
                    try readiness.watch(
                        listeningPort.descriptor, tag: Tag.listeningPort | UInt64(index))
                    watched.insert(index)
                } catch {
                    // Memory is short; connections wait until the next try.
                    nextSweep = min(nextSweep, Monotonic.now + Self.roomGap)
                }
            } else {
                readiness.unwatch(listeningPort.descriptor)
                watched.remove(index)
            }
        }
    }

    /// Adds a port. May be called from any thread.
    func add(_ listeningPort: ListeningPort) {
        plan.withLock { $0.entrances.append(listeningPort) }
        readiness.wake()
    }

    /// Makes the daemon for a listener state if there is none. May be called from any thread.
    func prepare(_ listenerState: MockUpstreamServer.ListenerState) throws(MockUpstreamError) {
        let identity: MockUpstreamServer.Identity?
        switch listenerState {
        case .refused, .handshakeHang: return
        case .open: identity = settings.tls?.identity
        case .expired: identity = try faulty.expired
        case .wrongHost: identity = try faulty.wrongHost
        case .untrusted: identity = try faulty.untrusted
        }
        guard
            !plan.withLock({ plan in plan.daemons.contains { $0.listenerState == listenerState } })
        else { return }
        let daemon = try Daemon(settings, identity: identity, reactor: self)
        let index = plan.withLock { plan in
            plan.daemons.append((listenerState, daemon))
            return plan.daemons.count - 1
        }
        try readiness.watch(daemon.descriptor, tag: Tag.daemon | UInt64(index))
        readiness.wake()
    }

    private var faulty: MockUpstreamServer.TLS.Faulty {
        get throws(MockUpstreamError) {
            guard let faulty = settings.tls?.faulty else {
                throw MockUpstreamError(
                    code: .certificateInvalid,
                    message: "a certificate fault needs TLS and the faulty certificates; give them."
                )
            }
            return faulty
        }
    }

    // MARK: - Connections

    func nextConnectionNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    func began(_ connection: Connection) {
        connections[Tag.connection | connection.number] = connection
        counts.open.store(connections.count, ordering: .relaxed)
        if idleTimeout != .max, nextSweep == .max { nextSweep = connection.since.plus(sweepGap) }
        work &+= 1
    }

    func closed(_ connection: Connection) {
        connections[Tag.connection | connection.number] = nil
        counts.open.store(connections.count, ordering: .relaxed)
        work &+= 1
        roomBecameFree()
    }

    func watchForEnd(_ connection: Connection, again: Bool) -> Bool {
        readiness.watchForEnd(
            connection.descriptor, tag: Tag.connection | connection.number, again: again)
    }

    func ended(_ exchange: ServerExchange, isComplete: Bool, at now: Int64) {
        let isHang = exchange.isParked
        source.ended(
            ExchangeEnd(
                token: exchange.token,
                cause: isComplete || exchange.hasBroken
                    ? .performed : isStopping ? .serverStopped : .clientLeft,
                arrival: exchange.arrival, decidedDelay: isHang ? 0 : exchange.decision.delay,
                delay: now - exchange.arrival, bytes: exchange.sent))
    }

    private var sweepGap: Int64 { max(1_000_000, idleTimeout / 8) }

    /// Closes the connections of clients that are too slow, and makes room for others if necessary.
    private func sweep(at now: Int64) {
        for connection in connections.values
        where connection.isClientsTurn && now - connection.since > idleTimeout { connection.cut() }
        nextSweep = connections.isEmpty || idleTimeout == .max ? .max : now.plus(sweepGap)
        // There is room, so the system was short of a resource. It may be available now.
        if hasRoom { isFull = false }
        if isFull { makeRoom(at: now) } else { watchEntrances() }
        markAllReady()
    }

    /// Closes the connection that has been idle for the longest, so that new ones need not wait for
    /// idle clients.
    private func makeRoom(at now: Int64) {
        let idle = connections.values.filter {
            $0.isClientsTurn && $0.phase != .sending && now - $0.since > Self.roomAfter
        }
        if let oldest = idle.min(by: { $0.since < $1.since }) {
            oldest.cut()
        } else if let tag = held.keys.min() {
            held[tag] = nil
            roomBecameFree()
        }
        nextSweep = min(nextSweep, now + Self.roomGap)
    }

    private func roomBecameFree() {
        guard isFull, !isStopping else { return }
        isFull = false
        watchEntrances()
    }

    // MARK: - The end

    /// Ends everything. The reactor must not be run any more.
    func stop() {
        isStopping = true
        applyPlan()
        for listeningPort in plan.withLock(\.entrances) { listeningPort.close() }
        for connection in connections.values { connection.resume() }
        // A daemon notices only in its next turn that a wait has ended, and must not be stopped
        // before that.
        for daemon in daemons { daemon.run() }
        for daemon in daemons { daemon.stop() }
        daemons = []
        held = [:]
        timers.removeAll()
        responses.removeAll()
        plan.withLock { $0 = Plan() }
        counts.open.store(0, ordering: .relaxed)
    }
}
