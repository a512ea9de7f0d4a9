/// The name of a figure that an expectation can be about. The README defines each figure in full.
public enum MetricName: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// The number of requests that callers made.
    case requests
    /// The number of attempts sent to the upstream.
    case attempts
    /// The number of requests that ended with an answer instead of an error.
    case answers
    /// The share of all requests that ended with a valid 2xx answer.
    case successRate = "success_rate"
    /// The share of all requests that ended with a stale answer from the cache.
    case fallbackRate = "fallback_rate"
    /// Successful requests per second.
    case throughput
    /// The median time from arrival to answer over successful requests.
    case latencyP50 = "latency.p50"
    /// The 95th percentile of the time from arrival to answer over successful requests.
    case latencyP95 = "latency.p95"
    /// The 99th percentile of the time from arrival to answer over successful requests.
    case latencyP99 = "latency.p99"
    /// The 99.9th percentile of the time from arrival to answer over successful requests.
    case latencyP999 = "latency.p999"
    /// The longest time from arrival to answer over successful requests.
    case latencyMax = "latency.max"
    /// The median time from arrival to answer over successful requests that sent an attempt.
    case latencySentP50 = "latency.sent.p50"
    /// The 95th percentile of the time from arrival to answer over successful requests that sent an
    /// attempt.
    case latencySentP95 = "latency.sent.p95"
    /// The 99th percentile of the time from arrival to answer over successful requests that sent an
    /// attempt.
    case latencySentP99 = "latency.sent.p99"
    /// The 99.9th percentile of the time from arrival to answer over successful requests that sent
    /// an attempt.
    case latencySentP999 = "latency.sent.p999"
    /// The longest time from arrival to answer over successful requests that sent an attempt.
    case latencySentMax = "latency.sent.max"
    /// The median time from arrival to end over all requests, failed ones included.
    case latencyAllP50 = "latency.all.p50"
    /// The 95th percentile of the time from arrival to end over all requests, failed ones included.
    case latencyAllP95 = "latency.all.p95"
    /// The 99th percentile of the time from arrival to end over all requests, failed ones included.
    case latencyAllP99 = "latency.all.p99"
    /// The 99.9th percentile of the time from arrival to end over all requests, failed ones
    /// included.
    case latencyAllP999 = "latency.all.p999"
    /// The longest time from arrival to end over all requests, failed ones included.
    case latencyAllMax = "latency.all.max"
    /// Of the requests whose first attempt failed for a passing cause other than a 429, the share
    /// that succeeded in the end.
    case retrySuccessRate = "retry.success_rate"
    /// The number of the requests counted by `retrySuccessRate` that the breaker refused.
    case retryCohortRefused = "retry.cohort_refused"
    /// Of the requests whose first attempt was answered with a passing 429, the share that
    /// succeeded in the end.
    case rateLimitSuccessRate = "rate_limit.success_rate"
    /// Attempts divided by the requests that sent at least one.
    case retryAmplification = "retry.amplification"
    /// Retries in the 100 ms with the most retries, divided by the mean over all periods of 100 ms.
    case retrySynchrony = "retry.synchrony"
    /// Of the retries after a valid Retry-After, the share that was not sent too early.
    case retryAfterHonoured = "retry_after.honoured"
    /// Attempts of other requests that a client sent before a Retry-After had expired.
    case retryAfterIntrusions = "retry_after.intrusions"
    /// Of the requests that first asked the breaker while the upstream was healthy, the share that
    /// it refused after an unjustified opening.
    case breakerFalsePositiveRate = "breaker.false_positive_rate"
    /// The number of times a breaker opened, including after a failed probe.
    case breakerOpens = "breaker.opens"
    /// The number of times a breaker opened while the upstream was healthy.
    case breakerUnjustifiedOpens = "breaker.unjustified_opens"
    /// Unhealthy periods of 60 s or more without an opening.
    case breakerMissed = "breaker.missed"
    /// The longest time from the start of an unhealthy period to the opening of a breaker.
    case breakerDetectionDelay = "breaker.detection_delay"
    /// The longest time from the end of an unhealthy period to the closing of a breaker.
    case breakerRecoveryLag = "breaker.recovery_lag"
    /// The number of refused attempts that would have succeeded.
    case breakerNeedlessRejections = "breaker.needless_rejections"
    /// Of the GET requests that may use the cache, the share that it answered.
    case cacheHitRate = "cache.hit_rate"
    /// The number of cache hits that waited for another request's answer.
    case cacheFollowers = "cache.followers"
    /// The number of requests that were answered with a stale answer.
    case cacheStaleServed = "cache.stale_served"
    /// The largest age of an effect that an answer from the cache did not show yet.
    case cacheConsistencyLagMax = "cache.consistency_lag.max"
    /// The number of times the upstream repeated the side effect of one request.
    case duplicates
    /// The time that the upstream's servers spent on requests whose clients had gone away.
    case upstreamWastedWork = "upstream.wasted_work"
    /// The longest time from the end of an unhealthy period until requests are served as before.
    case recoveryTime = "recovery_time"
    /// Of the requests that arrived within the window, the share that succeeded.
    case availability
    /// Of the minutes with at least 100 requests, the share in which at least 99 % of them
    /// succeeded.
    case availabilityMinutes = "availability.minutes"

    /// The name as a scenario file writes it, for example `latency.p95`.
    public var description: String { rawValue }
}

/// An entry of the catalogue of figures that an expectation can be about.
public struct Metric: Sendable, Hashable {
    /// The unit of a figure's values, which also decides how a limit is written.
    public enum Unit: String, Sendable, Hashable, CaseIterable {
        /// A whole number, for example `5`.
        case count
        /// A share from 0 to 1. Limits are written in percent, for example `99.9%`.
        case ratio
        /// A number without a unit, for example `1.5`.
        case factor
        /// A time in milliseconds. Limits are written with a unit, for example `500ms`.
        case duration
        /// A rate per second. Limits are written with `/s` or `/m`, for example `30/s`.
        case throughput
    }

    /// The name in expectations and reports.
    public let name: MetricName
    /// The unit of the figure's values.
    public let unit: Unit
    /// What the figure means, as one line without a full stop.
    public let meaning: String

    /// Whether the figure can be narrowed to one load. Figures about a client's breaker or about
    /// the upstream's health cannot.
    public var isPerLoad: Bool {
        switch name {
        case .breakerOpens, .breakerUnjustifiedOpens, .breakerMissed, .breakerDetectionDelay,
            .breakerRecoveryLag, .recoveryTime:
            false
        default: true
        }
    }

    /// All figures, in the order of the catalogue.
    public static let all: [Metric] = MetricName.allCases.map(Metric.init)

    /// Looks up a figure by its name as text. The result is nil if there is none.
    public init?(named name: String) {
        guard let name = MetricName(rawValue: name) else { return nil }
        self.init(name)
    }

    /// Looks up the catalogue's entry of a name.
    public init(_ name: MetricName) {
        self.name = name
        (unit, meaning) = Self.entry(name)
    }

    private static func entry(_ name: MetricName) -> (Unit, String) {
        switch name {
        case .requests: (.count, "requests that callers made")
        case .attempts: (.count, "attempts sent to the upstream")
        case .answers: (.count, "requests that ended with an answer")
        case .successRate: (.ratio, "share of requests that ended with a valid 2xx")
        case .fallbackRate: (.ratio, "share of requests that ended with a stale answer")
        case .throughput: (.throughput, "successful requests per second")
        case .latencyP50, .latencyP95, .latencyP99, .latencyP999, .latencyMax:
            (.duration, "\(rank(name)) from arrival to answer, successes")
        case .latencySentP50, .latencySentP95, .latencySentP99, .latencySentP999, .latencySentMax:
            (.duration, "\(rank(name)) from arrival to answer, successes that were sent")
        case .latencyAllP50, .latencyAllP95, .latencyAllP99, .latencyAllP999, .latencyAllMax:
            (.duration, "\(rank(name)) from arrival to end, every outcome")
        case .retrySuccessRate:
            (.ratio, "share of requests that succeed after a first attempt with a passing failure")
        case .retryCohortRefused: (.count, "requests of that group that the breaker refused")
        case .rateLimitSuccessRate:
            (.ratio, "share of requests that succeed after a first attempt with a passing 429")
        case .retryAmplification: (.factor, "attempts per request that sent any")
        case .retrySynchrony: (.factor, "retries in the busiest 100 ms, divided by the mean")
        case .retryAfterHonoured:
            (.ratio, "share of retries after a Retry-After that were not early")
        case .retryAfterIntrusions:
            (.count, "sends of other requests before a Retry-After has expired")
        case .breakerFalsePositiveRate:
            (.ratio, "share of requests refused without justification at healthy instants")
        case .breakerOpens: (.count, "openings of the breaker, re-openings included")
        case .breakerUnjustifiedOpens: (.count, "openings while the upstream was healthy")
        case .breakerMissed: (.count, "unhealthy periods of 60 s or more without an opening")
        case .breakerDetectionDelay:
            (.duration, "longest time from the start of an unhealthy period to the opening")
        case .breakerRecoveryLag:
            (.duration, "longest time from the end of an unhealthy period to the closing")
        case .breakerNeedlessRejections: (.count, "refused attempts that would have succeeded")
        case .cacheHitRate: (.ratio, "share of GETs that the cache answered")
        case .cacheFollowers: (.count, "hits that waited for another request's answer")
        case .cacheStaleServed: (.count, "stale answers served")
        case .cacheConsistencyLagMax:
            (.duration, "largest age of an effect that a cached answer did not show")
        case .duplicates: (.count, "side effects applied more than once")
        case .upstreamWastedWork:
            (.duration, "service time spent on requests whose clients had gone away")
        case .recoveryTime:
            (
                .duration,
                "longest time from the end of an unhealthy period until callers are served as before"
            )
        case .availability: (.ratio, "share of requests within the window that succeeded")
        case .availabilityMinutes:
            (.ratio, "share of minutes in which at least 99 % of requests succeeded")
        }
    }

    private static func rank(_ name: MetricName) -> String {
        switch name.rawValue.split(separator: ".").last {
        case "p50": "median"
        case "p95": "95th percentile"
        case "p99": "99th percentile"
        case "p999": "99.9th percentile"
        default: "longest time"
        }
    }
}
