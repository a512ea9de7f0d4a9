import APIClient
import ScenarioFile
import Upstream

/// The counts behind the figures, over all requests or over those of one load.
///
/// A class, like all counters here: they change in place, a few dozen times per request. The README defines the
/// figures. Requests that arrive during the warm-up are executed but not counted.
final class Tally {
    private let warmup: Int64
    private let window: BusinessWindow?
    private let epoch: Int64
    /// The client's total timeout per request, in nanoseconds.
    private let totalTimeout: Int64

    private(set) var requests: UInt64 = 0
    private(set) var attempts: UInt64 = 0
    private(set) var sent: UInt64 = 0
    private(set) var answers: UInt64 = 0
    private(set) var successes: UInt64 = 0
    private(set) var fallbacks: UInt64 = 0
    /// Requests whose first attempt failed; `limitedFirst`: with a 429.
    private(set) var failedFirst = Cohort()
    private(set) var limitedFirst = Cohort()
    /// Those hits that waited for another request's answer as followers.
    private(set) var followers: UInt64 = 0
    private(set) var retriesAfter: UInt64 = 0
    private(set) var honoured: UInt64 = 0
    private(set) var sends: UInt64 = 0
    private(set) var intrusions: UInt64 = 0
    private(set) var cacheable: UInt64 = 0
    private(set) var hits: UInt64 = 0
    private(set) var staleServed: UInt64 = 0
    private(set) var effects: UInt64 = 0
    private(set) var duplicates: UInt64 = 0
    private(set) var eligible: UInt64 = 0
    private(set) var available: UInt64 = 0
    private let latencies = Cell(LatencyFigures())
    private let minuteCounts = Cell<[(requests: UInt32, successes: UInt32)]>([])

    private(set) var failures = Offenders()
    private(set) var early = Offenders()
    private(set) var intruders = Offenders()
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

    @inline(__always) private func counts(_ request: RequestRecord) -> Bool {
        request.arrival >= warmup
    }

    /// Counts a send. `isInWait`: another request was asked to stay away until later. `isEarly`: it comes before the
    /// instant that its own request was asked to wait for; nil: it was not asked.
    @inline(__always) func sent(
        _ attempt: AttemptRecord, of request: RequestRecord, isInWait: Bool, isEarly: Bool?,
        at now: Int64
    ) {
        guard counts(request) else { return }
        sends += 1
        if attempt.ordinal > 1 { synchrony.add(request.call.request, at: now) }
        if isInWait {
            intrusions += 1
            intruders.add(request.call.request)
        }
        if let isEarly {
            retriesAfter += 1
            if isEarly { early.add(request.call.request) } else { honoured += 1 }
        }
        // A server worked on it.
        if attempt.hasService, let service = attempt.decision.service {
            wasted.add(attempt, service, of: request.call.request)
        }
    }

    /// Counts an effect of a request that is not idempotent. `isFurther`: it had taken effect before.
    func tookEffect(_ request: RequestRecord, isFurther: Bool) {
        guard counts(request) else { return }
        effects += 1
        guard isFurther else { return }
        duplicates += 1
        duplicated.add(request.call.request)
    }

    @inline(__always) func ended(
        _ request: RequestRecord, _ progress: RequestTallies.Progress, _ ending: RequestEnding,
        isCacheable: Bool, at now: Int64
    ) {
        guard counts(request) else { return }
        let number = request.call.request
        requests += 1
        attempts += UInt64(progress.attempts)
        if progress.attempts > 0 { sent += 1 }
        if progress.attempts > 1 { retried.add(number) }
        if case .answer = ending { answers += 1 }
        let isSuccess = ending.isSuccess
        if isSuccess { successes += 1 } else { failures.add(number) }
        if case .answer(_, _, .stale) = ending { fallbacks += 1 }
        let latency = now - request.arrival
        latencies.value.add(number, ending, hasSent: progress.attempts > 0, took: latency)
        // A request whose caller gave up could not be saved.
        if let cause = progress.firstFailure, !progress.isCancelled {
            // A custom client may answer after its deadline.
            let isSaved = ending.isFreshSuccess && latency <= totalTimeout
            let wasRefused = progress.wasRefused
            switch cause {
            case .failure, .requestTimeout:
                failedFirst.add(number, isSaved: isSaved, wasRefused: wasRefused)
            case .rateLimit: limitedFirst.add(number, isSaved: isSaved, wasRefused: wasRefused)
            }
        }
        if isCacheable { cacheEnded(number, progress.cache) }
        if !ending.isCallersFault { availability(request, isSuccess) }
    }

    private func cacheEnded(_ request: UInt64, _ event: CacheEvent?) {
        cacheable += 1
        switch event {
        case .hit: hits += 1
        case .followed:
            hits += 1
            followers += 1
        case .staleServed:
            staleServed += 1
            stale.add(request)
        default: misses.add(request)
        }
    }

    private func availability(_ request: RequestRecord, _ isSuccess: Bool) {
        if let window, !window.contains(epoch + request.arrival) { return }
        eligible += 1
        if isSuccess { available += 1 } else { unavailable.add(request.call.request) }
        let minute = Int(request.arrival / 60_000_000_000)
        while minuteCounts.value.count <= minute { minuteCounts.value.append((0, 0)) }
        minuteCounts.value[minute].requests += 1
        if isSuccess { minuteCounts.value[minute].successes += 1 }
    }
}
