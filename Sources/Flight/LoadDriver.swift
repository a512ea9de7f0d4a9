import APIClient
import ScenarioFile
import Simulation

/// Assigns each arriving request to a caller, and finishes the flight once all requests have ended.
///
/// Confined to the simulation's thread.
@safe final class LoadDriver: EventHandler, @unchecked Sendable {
    private let simulation: Simulation
    private let clock: SimulationClock
    private let events: FlightEventSource
    private let progress: ((Int64, UInt64) -> Void)?
    /// The clients, indexed by their numbers.
    private let fleet: Roster<FleetMember>
    /// Whether the upstream receives exactly what a load asks: no custom client changes the request, and the
    /// upstream model reads only method and path.
    private let sendsAsAsked: Bool
    // Confined to the simulation's thread, as is everything below.
    private let loads: Roster<LoadSchedule>
    private let idle = Cell<[VirtualCaller]>([])
    private var flying = 0
    private var pending = 0
    private var started: UInt64 = 0
    private var finished: UnsafeContinuation<Void, Never>?

    /// What a caller does after its request has ended.
    enum Next {
        /// The next request is already assigned to it.
        case goesOn
        case waits
        case isDone
    }

    /// A client with its environment. A class: one is looked up for each request, and a struct would be copied.
    final class FleetMember: Sendable {
        let environment: ClientEnvironment
        let client: any ClientUnderTest
        /// `client` as its concrete type if it is the product's own, which is then called without an
        /// existential; else nil.
        let own: APIClient?

        init(environment: ClientEnvironment, client: any ClientUnderTest, own: APIClient?) {
            (self.environment, self.client, self.own) = (environment, client, own)
        }
    }

    init(
        _ simulation: Simulation, _ fleet: [FleetMember], _ loads: [LoadSchedule],
        _ events: FlightEventSource,
        sendsAsAsked: Bool = false, progress: ((Int64, UInt64) -> Void)?
    ) {
        self.simulation = simulation
        clock = simulation.clock
        self.fleet = Roster(fleet)
        self.sendsAsAsked = sendsAsAsked
        self.loads = Roster(loads)
        self.events = events
        self.progress = progress
    }

    var now: Int64 { clock.now.nanoseconds }

    /// Runs every load to its end and every request to its answer.
    func flyAll() async {
        for load in loads.members {
            schedule(load.nextArrival(), of: load)
            for user in 0..<load.users {
                schedule(load.nextArrival(after: nil, ofUser: user, at: 0), of: load)
            }
        }
        if pending > 0 { await unsafe withUnsafeContinuation { unsafe finished = $0 } }
    }

    /// Starts request number `token`, which arrives now.
    func fire(_ token: UInt64) {
        let index = LoadSchedule.place(of: token)
        loads.look(at: index) { fire(token, $0, index) }
    }

    @inline(__always)
    private func fire(_ token: UInt64, _ load: LoadSchedule, _ index: Int) {
        admit(load)
        // A cancelled task stays cancelled, so each request that may be cancelled gets its own task.
        if let cancelAt = load.cancellation(of: token, at: now) {
            let caller = VirtualCaller(self, events, isCancellable: true)
            board(caller, load, index, token)
            cancel(caller, at: cancelAt)
        } else if let caller = idle.value.popLast() {
            board(caller, load, index, token)
            caller.resume(true)
        } else {
            let caller = VirtualCaller(self, events, isCancellable: false)
            board(caller, load, index, token)
            simulation.spawn { await caller.makeRequests() }
        }
    }

    private func admit(_ load: LoadSchedule) {
        pending -= 1
        flying += 1
        started += 1
        schedule(load.nextArrival(), of: load)
        if started % 16_384 == 0 { progress?(now, started) }
    }

    private func board(_ caller: VirtualCaller, _ load: LoadSchedule, _ index: Int, _ token: UInt64)
    {
        caller.request.reset(
            to: CallID(client: load.client(of: token), request: token), load: index, at: now)
        caller.request.isLogged = SearchedTelemetry.isLogged(started)
        caller.request.isSentAsAsked = sendsAsAsked && load.hasNoQuery
    }

    /// Starts a caller whose request is cancelled at `instant`, in nanoseconds.
    private func cancel(_ caller: VirtualCaller, at instant: Int64) {
        caller.request.cancelAt = instant
        let task = simulation.spawn { await caller.makeRequests() }
        let cancellation = Cancellation(caller, task, events)
        caller.cancellation = cancellation
        simulation.schedule(
            EventKey(
                instant, .timeout, client: caller.call.client, request: caller.call.request),
            cancellation)
    }

    /// The content of a request.
    func asked(by request: RequestRecord) -> LoadSchedule.Asked {
        loads.look(at: request.load) { $0.request(request.call.request) }
    }

    func member(of call: CallID) -> FleetMember { fleet.members[Int(call.client)] }

    /// Takes back a caller whose request has ended, and decides what it does next.
    func takeBack(_ caller: VirtualCaller) -> Next {
        flying -= 1
        loads.look(at: caller.request.load) { load in
            guard load.users > 0 else { return }
            schedule(load.nextArrival(after: caller.request.call.request, at: now), of: load)
        }
        guard flying == 0 && pending == 0 else {
            if caller.isCancellable {
                events.release(caller.request)
                return .isDone
            }
            if takesNext(caller) { return .goesOn }
            idle.value.append(caller)
            return .waits
        }
        for waiting in idle.value { waiting.resume(false) }
        idle.value = []
        let root = unsafe finished
        unsafe finished = nil
        unsafe root?.resume()
        return .isDone
    }

    /// Assigns the next request to a caller that has just finished, if no other event comes before that
    /// arrival. Same result as suspending and resuming the caller, without the cost.
    private func takesNext(_ caller: VirtualCaller) -> Bool {
        guard let token = simulation.takeNext(scheduledFor: self) else { return false }
        let index = LoadSchedule.place(of: token)
        return loads.look(at: index) { load in
            guard !load.isCancellable else {
                fire(token)
                return false
            }
            admit(load)
            board(caller, load, index, token)
            return true
        }
    }

    private func schedule(_ arrival: (request: UInt64, instant: Int64)?, of load: LoadSchedule) {
        guard let (request, instant) = arrival else { return }
        pending += 1
        simulation.schedule(
            EventKey(instant, .arrival, client: load.client(of: request), request: request),
            self, token: request)
    }
}

/// The event at which a caller gives up, if its request is still running then.
final class Cancellation: EventHandler {
    private var underWay: (caller: VirtualCaller, task: Task<Void, Never>)?
    private let events: FlightEventSource

    fileprivate init(
        _ caller: VirtualCaller, _ task: Task<Void, Never>, _ events: FlightEventSource
    ) {
        underWay = (caller, task)
        self.events = events
    }

    /// Called when the request has ended. The event stays scheduled, but no longer references anything.
    func drop() { underWay = nil }

    func fire(_ token: UInt64) {
        guard let (caller, task) = underWay else { return }
        events.callerGaveUp(caller.request, at: caller.request.cancelAt)
        task.cancel()
    }
}
