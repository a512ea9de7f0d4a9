internal import CMicroHTTPD
import Synchronization
import Upstream

/// Where everything of a server comes together: one thread, or one owner who takes turns, lets callers
/// in, runs the daemons and ends the waits.
///
/// So no callback of C ever races with another, and no connection needs a lock.
// Checked by hand: `settings`, `source`, `counts`, `plan` and `stopRequested` may be used by any thread,
// `readiness.wake` too, everything else only by the one that runs the reactor.
@safe final class Reactor: @unchecked Sendable {
    /// What other threads ask of it.
    struct Plan {
        /// In the order of their tags; none ever goes.
        var entrances: [ListeningPort] = []
        /// In the order of their tags, with the door that leads to each; none ever goes.
        var daemons: [(listenerState: MockUpstreamServer.ListenerState, daemon: Daemon)] = []
        /// Whether the clients that have nothing to wait for are to come again.
        var sendsAway = false
    }

    /// What is counted.
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
    /// Goes up with everything that happens to a request or a connection.
    var work: UInt64 = 0
    private(set) var isStopping = false
    private var daemons: [Daemon] = []
    /// Those of `daemons` that may have something to do.
    private var ready: Set<Int> = []
    private var connections: [UInt64: Connection] = [:]
    private var held: [UInt64: Descriptor.Shared] = [:]
    private var lastNumber: UInt64 = 0
    /// The entrances that are watched, by their place in the plan.
    private var watched: Set<Int> = []
    /// Whether callers wait outside because there is no room.
    private var isFull = false
    /// When to look next for clients that take too long; `.max`: nobody can.
    private var nextSweep = Int64.max
    private let idleTimeout: Int64

    /// Who has waited less long than this for a request does not have to make room.
    private static let roomAfter: Int64 = 1_000_000_000
    /// When to look again for room, where there was none.
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

    /// Does what can be done without waiting.
    /// - Returns: whether anything happened.
    func turn() -> Bool {
        let before = work
        endWaits()
        // Most turns need the honest server only, and no other call of the system.
        if let first = daemons.first { first.run() }
        runReady()
        if work == before {
            poll(milliseconds: 0)
            endWaits()
            runReady()
        }
        return work != before
    }

    /// Works until it is told to stop.
    func run() {
        while !stopRequested.load(ordering: .acquiring) {
            // Nobody is asked for more as long as there is something to do.
            let isBusy = daemons.contains { $0.hasWork }
            poll(milliseconds: isBusy ? 0 : -1)
            for index in daemons.indices where daemons[index].hasWork { ready.insert(index) }
            endWaits()
            runReady()
            serveOn()
        }
    }

    /// Goes on as long as requests come, without the other calls of the system; not for ever, because
    /// callers wait at the door.
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

    /// A daemon has no descriptor that tells of the end of a wait.
    private func allAreReady() { for index in daemons.indices { ready.insert(index) } }

    private func poll(milliseconds: Int32) {
        readiness.setAlarm(min(timers.next, nextSweep))
        var events = InlineArray<64, UInt64>(repeating: 0)
        var count = 0
        // Two steps, because what an event leads to may use the readiness again.
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
        case Tag.listeningPort: letIn(at: Int(tag & ~Tag.kind))
        case Tag.daemon: ready.insert(Int(tag & ~Tag.kind))
        case Tag.connection:
            connections[tag]?.clientLeft()
            allAreReady()
            work &+= 1
        case Tag.held: held[tag] = nil
        default: followPlan()
        }
    }

    private func endWaits() {
        guard !timers.isEmpty || nextSweep != .max else { return }
        let now = Monotonic.now
        while let entry = timers.pop(at: now) {
            if entry.connection.wait == entry.wait { entry.connection.resume() }
            allAreReady()
            work &+= 1
        }
        if nextSweep <= now { sweep(at: now) }
    }

    // MARK: - Callers

    private func letIn(at index: Int) {
        let listeningPort = plan.withLock { $0.entrances[index] }
        var address = sockaddr_storage()
        var length = socklen_t()
        // A few at a time, so that a flood of callers does not stop those who are in.
        for _ in 0..<64 {
            guard hasRoom else { return shutOut() }
            let (caller, listenerState) = listeningPort.accept(&address, &length)
            switch caller {
            case .nobody: return
            case .noRoom: return shutOut()
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

    /// Callers wait outside until somebody has gone.
    private func shutOut() {
        isFull = true
        watchEntrances()
        makeRoom(at: Monotonic.now)
    }

    private func admit(
        _ caller: Int32, _ listenerState: MockUpstreamServer.ListenerState,
        _ address: sockaddr_storage, _ length: socklen_t
    ) {
        followPlan()
        let index = plan.withLock { plan in
            plan.daemons.firstIndex { $0.listenerState == listenerState }
        }
        guard let index else { preconditionFailure("a daemon is made before its door opens") }
        var address = address
        ready.insert(index)
        // Where it does not take the caller it has closed the connection.
        _ = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe daemons[index].add(caller, $0, length)
            }
        }
    }

    private func hold(_ caller: Int32) {
        let tag = Tag.held | nextConnectionNumber()
        held[tag] = Descriptor.Shared(Descriptor(open: caller))
        // Where the system cannot tell, it is held until the server stops.
        _ = readiness.watchForEnd(caller, tag: tag, again: false)
    }

    /// Catches up with what other threads have asked for.
    private func followPlan() {
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
        allAreReady()
    }

    /// Watches the entrances through which somebody can come in, and no others: one at which nobody
    /// listens would be ready all the time.
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
                    // Memory is short; callers wait outside until it is tried again.
                    nextSweep = min(nextSweep, Monotonic.now + Self.roomGap)
                }
            } else {
                readiness.unwatch(listeningPort.descriptor)
                watched.remove(index)
            }
        }
    }

    /// Adds a port; from any thread.
    func add(_ listeningPort: ListeningPort) {
        plan.withLock { $0.entrances.append(listeningPort) }
        readiness.wake()
    }

    /// Makes sure that there is somebody behind a door; from any thread.
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
        thereIsRoom()
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

    /// Cuts the connections of clients that take too long, and makes room where it is asked for.
    private func sweep(at now: Int64) {
        for connection in connections.values
        where connection.isClientsTurn && now - connection.since > idleTimeout { connection.cut() }
        nextSweep = connections.isEmpty || idleTimeout == .max ? .max : now.plus(sweepGap)
        // With room the system was short of something; it may have it now.
        if hasRoom { isFull = false }
        if isFull { makeRoom(at: now) } else { watchEntrances() }
        allAreReady()
    }

    /// Whoever has waited longest for a request goes; those who come do not wait for those who say
    /// nothing.
    private func makeRoom(at now: Int64) {
        let idle = connections.values.filter {
            $0.isClientsTurn && $0.phase != .sending && now - $0.since > Self.roomAfter
        }
        if let oldest = idle.min(by: { $0.since < $1.since }) {
            oldest.cut()
        } else if let tag = held.keys.min() {
            held[tag] = nil
            thereIsRoom()
        }
        nextSweep = min(nextSweep, now + Self.roomGap)
    }

    private func thereIsRoom() {
        guard isFull, !isStopping else { return }
        isFull = false
        watchEntrances()
    }

    // MARK: - The end

    /// Ends everything. Nobody else runs the reactor any longer.
    func stop() {
        isStopping = true
        followPlan()
        for listeningPort in plan.withLock(\.entrances) { listeningPort.close() }
        for connection in connections.values { connection.resume() }
        // A daemon notices in its next turn that a wait is over, and must not be stopped before.
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
