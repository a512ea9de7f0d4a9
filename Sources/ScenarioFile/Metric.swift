/// The name of a figure that an expectation can be about.
public enum MetricName: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// Logical requests.
    case requests
    /// Sends.
    case attempts
    /// Complete answers.
    case answers
    /// Requests that ended in a valid 2xx, of all.
    case successRate = "success_rate"
    /// Requests that a stale answer served, of all.
    case fallbackRate = "fallback_rate"
    /// Valid answers in a time.
    case throughput
    /// Median from arrival to answer, successes.
    case latencyP50 = "latency.p50"
    /// 95th percentile from arrival to answer, successes.
    case latencyP95 = "latency.p95"
    /// 99th percentile from arrival to answer, successes.
    case latencyP99 = "latency.p99"
    /// 99.9th percentile from arrival to answer, successes.
    case latencyP999 = "latency.p999"
    /// Longest time from arrival to answer, successes.
    case latencyMax = "latency.max"
    /// Median from arrival to answer, successes that were sent.
    case latencySentP50 = "latency.sent.p50"
    /// 95th percentile from arrival to answer, successes that were sent.
    case latencySentP95 = "latency.sent.p95"
    /// 99th percentile from arrival to answer, successes that were sent.
    case latencySentP99 = "latency.sent.p99"
    /// 99.9th percentile from arrival to answer, successes that were sent.
    case latencySentP999 = "latency.sent.p999"
    /// Longest time from arrival to answer, successes that were sent.
    case latencySentMax = "latency.sent.max"
    /// Median from arrival to end, every outcome.
    case latencyAllP50 = "latency.all.p50"
    /// 95th percentile from arrival to end, every outcome.
    case latencyAllP95 = "latency.all.p95"
    /// 99th percentile from arrival to end, every outcome.
    case latencyAllP99 = "latency.all.p99"
    /// 99.9th percentile from arrival to end, every outcome.
    case latencyAllP999 = "latency.all.p999"
    /// Longest time from arrival to end, every outcome.
    case latencyAllMax = "latency.all.max"
    /// Requests saved, of those whose first attempt fails for a while.
    case retrySuccessRate = "retry.success_rate"
    /// Of those, requests that the breaker refused.
    case retryCohortRefused = "retry.cohort_refused"
    /// Requests saved, of those whose first attempt was limited for a while.
    case rateLimitSuccessRate = "rate_limit.success_rate"
    /// Sends for each request that was sent.
    case retryAmplification = "retry.amplification"
    /// Retries in the fullest tenth of a second, over the mean.
    case retrySynchrony = "retry.synchrony"
    /// Retries not before their Retry-After, of all after one.
    case retryAfterHonoured = "retry_after.honoured"
    /// Sends of other requests inside a Retry-After.
    case retryAfterIntrusions = "retry_after.intrusions"
    /// Requests refused after an unjustified opening, of those at a healthy instant.
    case breakerFalsePositiveRate = "breaker.false_positive_rate"
    /// Openings of the breaker, re-openings by a failed probe included.
    case breakerOpens = "breaker.opens"
    /// Openings while the upstream was healthy.
    case breakerUnjustifiedOpens = "breaker.unjustified_opens"
    /// Unhealthy minutes with traffic and no opening.
    case breakerMissed = "breaker.missed"
    /// From the beginning of a failure to the opening.
    case breakerDetectionDelay = "breaker.detection_delay"
    /// From the end of a failure to the closing.
    case breakerRecoveryLag = "breaker.recovery_lag"
    /// Requests refused that would have succeeded.
    case breakerNeedlessRejections = "breaker.needless_rejections"
    /// Answers from the cache, of all GETs that may be cached.
    case cacheHitRate = "cache.hit_rate"
    /// Hits that waited for another request's answer.
    case cacheFollowers = "cache.followers"
    /// Stale answers served.
    case cacheStaleServed = "cache.stale_served"
    /// The largest age of an effect that a cached answer did not show.
    case cacheConsistencyLagMax = "cache.consistency_lag.max"
    /// Side effects applied more than once.
    case duplicates
    /// Service time spent for clients that had gone.
    case upstreamWastedWork = "upstream.wasted_work"
    /// From the end of a failure until callers are served as before.
    case recoveryTime = "recovery_time"
    /// Requests that succeeded within the window, of all.
    case availability
    /// Minutes in which at least 99 % of the requests succeeded.
    case availabilityMinutes = "availability.minutes"

    /// As a scenario file writes it.
    public var description: String { rawValue }
}

/// A figure that an expectation can be about.
public struct Metric: Sendable, Hashable {
    /// What a figure's values are, and how a limit is written.
    public enum Unit: String, Sendable, Hashable, CaseIterable {
        /// A whole number.
        case count
        /// 0 to 1; limits are written in percent.
        case ratio
        /// A plain number.
        case factor
        /// Milliseconds; limits are written with a unit of time.
        case duration
        /// Per second; limits are written `/s` or `/m`.
        case throughput
    }

    /// What expectations and reports call it.
    public let name: MetricName
    /// What its values are.
    public let unit: Unit
    /// One line.
    public let meaning: String

    /// Whether it can be asked of one load; what concerns the client's breaker or the upstream's health
    /// cannot.
    public var isPerLoad: Bool {
        switch name {
        case .breakerOpens, .breakerUnjustifiedOpens, .breakerMissed, .breakerDetectionDelay,
            .breakerRecoveryLag, .recoveryTime:
            false
        default: true
        }
    }

    /// Every figure, in the order of the catalogue.
    public static let all: [Metric] = MetricName.allCases.map(Metric.init)

    /// The figure of that name; nil where there is none.
    public init?(named name: String) {
        guard let name = MetricName(rawValue: name) else { return nil }
        self.init(name)
    }

    /// The catalogue's entry.
    public init(_ name: MetricName) {
        self.name = name
        (unit, meaning) = Self.entry(name)
    }

    private static func entry(_ name: MetricName) -> (Unit, String) {
        switch name {
        case .requests: (.count, "logical requests")
        case .attempts: (.count, "sends")
        case .answers: (.count, "complete answers")
        case .successRate: (.ratio, "requests that ended in a valid 2xx, of all")
        case .fallbackRate: (.ratio, "requests that a stale answer served, of all")
        case .throughput: (.throughput, "valid answers in a time")
        case .latencyP50, .latencyP95, .latencyP99, .latencyP999, .latencyMax:
            (.duration, "\(rank(name)) from arrival to answer, successes")
        case .latencySentP50, .latencySentP95, .latencySentP99, .latencySentP999, .latencySentMax:
            (.duration, "\(rank(name)) from arrival to answer, successes that were sent")
        case .latencyAllP50, .latencyAllP95, .latencyAllP99, .latencyAllP999, .latencyAllMax:
            (.duration, "\(rank(name)) from arrival to end, every outcome")
        case .retrySuccessRate:
            (.ratio, "requests saved, of those whose first attempt fails for a while")
        case .retryCohortRefused: (.count, "of those, requests that the breaker refused")
        case .rateLimitSuccessRate:
            (.ratio, "requests saved, of those whose first attempt is a 429 for a while")
        case .retryAmplification: (.factor, "sends for each request that was sent")
        case .retrySynchrony: (.factor, "retries in the fullest 100 ms, over the mean")
        case .retryAfterHonoured: (.ratio, "retries not before their Retry-After, of all after one")
        case .retryAfterIntrusions: (.count, "sends of other requests inside a Retry-After")
        case .breakerFalsePositiveRate:
            (.ratio, "requests refused after an unjustified opening, of those at a healthy instant")
        case .breakerOpens: (.count, "openings of the breaker, re-openings included")
        case .breakerUnjustifiedOpens: (.count, "openings while the upstream was healthy")
        case .breakerMissed: (.count, "unhealthy minutes with traffic and no opening")
        case .breakerDetectionDelay: (.duration, "from the beginning of a failure to the opening")
        case .breakerRecoveryLag: (.duration, "from the end of a failure to the closing")
        case .breakerNeedlessRejections: (.count, "requests refused that would have succeeded")
        case .cacheHitRate: (.ratio, "answers from the cache, of all GETs that may be cached")
        case .cacheFollowers: (.count, "hits that waited for another request's answer")
        case .cacheStaleServed: (.count, "stale answers served")
        case .cacheConsistencyLagMax:
            (.duration, "largest age of an effect that a cached answer did not show")
        case .duplicates: (.count, "side effects applied more than once")
        case .upstreamWastedWork: (.duration, "service time spent for clients that had gone")
        case .recoveryTime:
            (.duration, "from the end of a failure until callers are served as before")
        case .availability: (.ratio, "requests that succeeded within the window, of all")
        case .availabilityMinutes:
            (.ratio, "minutes in which at least 99 % of the requests succeeded")
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
