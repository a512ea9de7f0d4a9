import APIClient
import ScenarioFile
import Upstream

/// Counts for the figures of requests: over the whole flight, and per load that an expectation names. Confined
/// to the simulation's thread.
final class RequestTallies: FlightEventConsumer {
    /// The state of a request that is counted when it ends.
    struct Progress {
        /// Number of attempts that the client reported.
        var attempts: UInt32 = 0
        var wasRefused = false
        var isCancelled = false
        var firstFailure: PassingCause?
        var cache: CacheEvent?
        /// The instant, from the last answer's Retry-After, before which the request must not be sent again; nil: none.
        var notBefore: Int64?
        /// Number of times that the request took effect at the upstream.
        var effects: UInt32 = 0
    }

    let total: Tally
    /// Tallies per load, indexed as in the scenario; nil: no expectation names the load.
    let byLoad: [Tally?]
    private let loads: Roster<CheckedLoad>
    private let states = Cell(SlotStore(Progress()))
    /// Per client: the instant until which a request was asked to wait, and the number of that request.
    private let stayAway: Cell<[(until: Int64, request: UInt64)]>

    /// Tallies of the whole flight and of the loads whose places are in `tallied`.
    init(
        _ scenario: Scenario, _ policy: CheckedPolicy, _ loads: [CheckedLoad], tallied: Set<Int>
    ) {
        total = Tally(scenario, policy)
        byLoad = loads.indices.map { tallied.contains($0) ? Tally(scenario, policy) : nil }
        self.loads = Roster(loads)
        stayAway = Cell(
            Array(repeating: (until: .min, request: 0), count: Int(scenario.fleet.count)))
    }

    @inline(__always) func consume(
        _ event: FlightEvent, of request: RequestRecord, at now: Int64
    ) {
        switch event {
        case .arrived: states.value.begin(request.slot)
        case .callerGaveUp: states.value[request.slot].isCancelled = true
        case .attemptStarted: states.value[request.slot].attempts += 1
        case .attemptDecided(let attempt): sent(attempt, of: request, at: now)
        case .attemptSettled(let attempt):
            states.value[request.slot].notBefore = attempt.notBefore
        case .attemptEnded(let attempt, .answer):
            if let notBefore = attempt.notBefore { asked(request, notBefore) }
        case .refusedByBreaker: states.value[request.slot].wasRefused = true
        case .firstAttemptFailed(let cause): states.value[request.slot].firstFailure = cause
        case .cache(let event): cached(event, request)
        case .ended(let ending): ended(request, ending, at: now)
        default: break
        }
    }

    @inline(__always) private func sent(
        _ attempt: AttemptRecord, of request: RequestRecord, at now: Int64
    ) {
        let isEarly = states.value[request.slot].notBefore.map { now < $0 }
        let wait = stayAway.value[Int(request.call.client)]
        let isInWait = now < wait.until && wait.request != request.call.request
        tally(request.load) {
            $0.sent(attempt, of: request, isInWait: isInWait, isEarly: isEarly, at: now)
        }
        if attempt.takesEffect { noteEffect(request) }
    }

    @inline(__always) private func noteEffect(_ request: RequestRecord) {
        guard loads.look(at: request.load, { $0.isWrite && !$0.isIdempotent }) else { return }
        states.value[request.slot].effects += 1
        let isFurther = states.value[request.slot].effects > 1
        tally(request.load) { $0.tookEffect(request, isFurther: isFurther) }
    }

    /// Records a Retry-After that the client has received.
    private func asked(_ request: RequestRecord, _ notBefore: Int64) {
        let client = Int(request.call.client)
        if notBefore > stayAway.value[client].until {
            stayAway.value[client] = (notBefore, request.call.request)
        }
    }

    private func cached(_ event: CacheEvent, _ request: RequestRecord) {
        switch event {
        case .hit, .followed, .staleServed: states.value[request.slot].cache = event
        case .miss, .stored, .invalidated: break
        }
    }

    @inline(__always) private func ended(
        _ request: RequestRecord, _ ending: RequestEnding, at now: Int64
    ) {
        let isCacheable = loads.look(at: request.load, \.isCacheable)
        let progress = states.value[request.slot]
        tally(request.load) {
            $0.ended(request, progress, ending, isCacheable: isCacheable, at: now)
        }
    }

    @inline(__always) private func tally(_ load: Int, _ count: (Tally) -> Void) {
        count(total)
        if let own = byLoad[load] { count(own) }
    }
}
