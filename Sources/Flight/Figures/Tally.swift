import APIClient
import ScenarioFile
import Upstream

/// Counts what the figures are made of, for all requests or for those of one load.
///
/// A class, as all that keeps count: its counters are changed in place, a few dozen times a request.
/// The exact meanings stand in the README. Requests that arrive before the warm-up ends are flown
/// and not counted.
final class Tally {
    private let warmup: Int64
    private let window: BusinessWindow?
    private let epoch: Int64
    /// How long a client tries, in nanoseconds.
    private let totalTimeout: Int64

    private(set) var requests: UInt64 = 0
    private(set) var attempts: UInt64 = 0
    private(set) var sent: UInt64 = 0
    private(set) var answers: UInt64 = 0
    private(set) var successes: UInt64 = 0
    private(set) var fallbacks: UInt64 = 0
    /// Those whose first attempt failed, by its cause.
    private(set) var failedFirst = Cohort()
    private(set) var limitedFirst = Cohort()
    private(set) var reachedHealthy: UInt64 = 0
    private(set) var falselyRefused: UInt64 = 0
    private(set) var refusals: UInt64 = 0
    private(set) var needlessRefusals: UInt64 = 0
    /// Of the hits, those that waited for another request's answer.
    private(set) var followers: UInt64 = 0
    private(set) var retriesAfter: UInt64 = 0
    private(set) var honoured: UInt64 = 0
    private(set) var sends: UInt64 = 0
    private(set) var intrusions: UInt64 = 0
    private(set) var cacheable: UInt64 = 0
    private(set) var hits: UInt64 = 0
    private(set) var staleServed: UInt64 = 0
    /// The cached answers that were the longest behind an effect.
    private(set) var lagging = Slowest()
    private(set) var effects: UInt64 = 0
    private(set) var duplicates: UInt64 = 0
    private(set) var eligible: UInt64 = 0
    private(set) var available: UInt64 = 0
    private let latencies = Cell(LatencyFigures())
    private let minuteCounts = Cell<[(requests: UInt32, successes: UInt32)]>([])

    private(set) var failures = Offenders()
    private(set) var falseRefusals = Offenders()
    private(set) var early = Offenders()
    private(set) var intruders = Offenders()
    private(set) var needless = Offenders()
    private(set) var misses = Offenders()
    private(set) var stale = Offenders()
    private(set) var duplicated = Offenders()
    private(set) var unavailable = Offenders()
    private(set) var retried = Offenders()
    private(set) var synchrony: RetrySynchrony
    private(set) var wasted = WastedWork()

    var latency: LatencyFigures {
        latencies.value.settle()
        return latencies.value
    }
    var minutes: [(requests: UInt32, successes: UInt32)] { minuteCounts.value }

    init(_ scenario: Scenario, _ policy: CheckedPolicy) {
        warmup = scenario.warmup
        window = scenario.window
        epoch = scenario.epoch
        totalTimeout = policy.totalTimeout
        synchrony = RetrySynchrony(scenario)
    }

    @inline(__always) private func counts(_ flown: FlownRequest) -> Bool { flown.arrival >= warmup }

    /// A request is asked of the breaker for the first time; `isHealthy` by the ground truth.
    func reachedBreaker(_ flown: FlownRequest, isHealthy: Bool) {
        if counts(flown) && isHealthy { reachedHealthy += 1 }
    }

    func refused(_ flown: FlownRequest, isHealthy: Bool, isFalse: Bool, isNeedless: Bool) {
        guard counts(flown) else { return }
        refusals += 1
        if isNeedless {
            needlessRefusals += 1
            needless.add(flown)
        }
        if isFalse && isHealthy && flown.clientSends == 0 {
            falselyRefused += 1
            falseRefusals.add(flown)
        }
    }

    /// A send. `isInWait`: another request was asked to stay away until later.
    func sent(_ flown: FlownRequest, isInWait: Bool, isEarly: Bool?, at now: Int64) {
        guard counts(flown) else { return }
        sends += 1
        if flown.upstreamSends > 0 { synchrony.add(flown, at: now) }
        if isInWait {
            intrusions += 1
            intruders.add(flown)
        }
        guard let isEarly else { return }
        retriesAfter += 1
        if isEarly { early.add(flown) } else { honoured += 1 }
    }

    /// The cache gave an answer that does not show an effect `lag` nanoseconds old.
    func lagged(_ flown: FlownRequest, by lag: Int64) {
        if counts(flown) { lagging.add(lag, flown) }
    }

    /// The upstream did what a request asked that is not idempotent; `isFurther`: not for the first time.
    func tookEffect(_ flown: FlownRequest, isFurther: Bool) {
        guard counts(flown) else { return }
        effects += 1
        guard isFurther else { return }
        duplicates += 1
        duplicated.add(flown)
    }

    /// An attempt got to a server; its client goes away after `clientTimeout` nanoseconds at the latest.
    func served(
        _ flown: FlownRequest, _ service: Decision.Service, _ decision: Decision,
        clientTimeout: Int64
    ) {
        if counts(flown) { wasted.add(flown, service, decision, clientTimeout: clientTimeout) }
    }

    func ended(
        _ flown: FlownRequest, _ ending: RequestEnding, isCacheable: Bool, at now: Int64
    ) {
        guard counts(flown) else { return }
        requests += 1
        attempts += UInt64(flown.clientSends)
        if flown.clientSends > 0 { sent += 1 }
        if flown.clientSends > 1 { retried.add(flown) }
        if case .answer = ending { answers += 1 }
        let isSuccess = ending.isSuccess
        if isSuccess { successes += 1 } else { failures.add(flown) }
        if case .answer(_, _, .stale) = ending { fallbacks += 1 }
        latencies.value.add(flown, ending, took: now - flown.arrival)
        // One whose caller gave up nobody could save.
        if let cause = flown.firstFailure, !flown.isCancelled {
            // A client of somebody else's may come with an answer after its deadline.
            let isSaved = ending.isFreshSuccess && now - flown.arrival <= totalTimeout
            switch cause {
            case .failure, .requestTimeout: failedFirst.add(flown, isSaved: isSaved)
            case .rateLimit: limitedFirst.add(flown, isSaved: isSaved)
            }
        }
        if isCacheable { cacheEnded(flown) }
        if !ending.isCallersFault { availability(flown, isSuccess) }
    }

    private func cacheEnded(_ flown: FlownRequest) {
        cacheable += 1
        switch flown.cache {
        case .hit: hits += 1
        case .followed:
            hits += 1
            followers += 1
        case .staleServed:
            staleServed += 1
            stale.add(flown)
        default: misses.add(flown)
        }
    }

    private func availability(_ flown: FlownRequest, _ isSuccess: Bool) {
        if let window, !window.contains(epoch + flown.arrival) { return }
        eligible += 1
        if isSuccess { available += 1 } else { unavailable.add(flown) }
        let minute = Int(flown.arrival / 60_000_000_000)
        while minuteCounts.value.count <= minute { minuteCounts.value.append((0, 0)) }
        minuteCounts.value[minute].requests += 1
        if isSuccess { minuteCounts.value[minute].successes += 1 }
    }
}
