import APIClient
import ScenarioFile
import Upstream

/// Counts what the figures of requests are made of: for the whole flight, and for each load that an expectation
/// names. Confined to the simulation's thread.
final class RequestTallies: FlightEventConsumer {
    /// What is counted of a request when it ends.
    struct Progress {
        /// By the client's word.
        var attempts: UInt32 = 0
        var wasRefused = false
        var isCancelled = false
        var firstFailure: PassingCause?
        var cache: CacheEvent?
        /// The instant before which the upstream asked the request not to come back; of the last answer.
        var notBefore: Int64?
        /// How often the upstream has done what the request asks.
        var effects: UInt32 = 0
    }

    let total: Tally
    /// By the loads' places; nil: no expectation names the load.
    let byLoad: [Tally?]
    private let loads: Roster<CheckedLoad>
    private let states = Cell(SlotStore(Progress()))
    /// By client: until when a request was asked to stay away, and which one.
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
        case .attemptEnded(let attempt, _, .answer):
            if let notBefore = attempt?.notBefore { asked(request, notBefore) }
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

    /// From now on the client knows that it was asked to stay away.
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
