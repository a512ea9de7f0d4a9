/// The name of a figure that an expectation can be about.
public enum MetricName: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case requests
    case attempts
    case answers
    case successRate = "success_rate"
    case fallbackRate = "fallback_rate"
    case throughput
    case latencyP50 = "latency.p50"
    case latencyP95 = "latency.p95"
    case latencyP99 = "latency.p99"
    case latencyP999 = "latency.p999"
    case latencyMax = "latency.max"
    case latencySentP50 = "latency.sent.p50"
    case latencySentP95 = "latency.sent.p95"
    case latencySentP99 = "latency.sent.p99"
    case latencySentP999 = "latency.sent.p999"
    case latencySentMax = "latency.sent.max"
    case latencyAllP50 = "latency.all.p50"
    case latencyAllP95 = "latency.all.p95"
    case latencyAllP99 = "latency.all.p99"
    case latencyAllP999 = "latency.all.p999"
    case latencyAllMax = "latency.all.max"
    case retrySuccessRate = "retry.success_rate"
    case retryCohortRefused = "retry.cohort_refused"
    case retryAmplification = "retry.amplification"
    case retryAfterHonoured = "retry_after.honoured"
    case retryAfterIntrusions = "retry_after.intrusions"
    case breakerFalsePositiveRate = "breaker.false_positive_rate"
    case breakerOpens = "breaker.opens"
    case breakerUnjustifiedOpens = "breaker.unjustified_opens"
    case breakerMissed = "breaker.missed"
    case breakerDetectionDelay = "breaker.detection_delay"
    case breakerRecoveryLag = "breaker.recovery_lag"
    case breakerNeedlessRejections = "breaker.needless_rejections"
    case cacheHitRate = "cache.hit_rate"
    case cacheStaleServed = "cache.stale_served"
    case availability
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

    public let name: MetricName
    public let unit: Unit
    /// One line.
    public let meaning: String

    /// Whether it can be asked of one load; what concerns the client's breaker cannot.
    public var isPerLoad: Bool {
        switch name {
        case .breakerOpens, .breakerUnjustifiedOpens, .breakerMissed, .breakerDetectionDelay,
            .breakerRecoveryLag:
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
        case .retrySuccessRate: (.ratio, "requests saved, of those whose first attempt fails for a while")
        case .retryCohortRefused: (.count, "of those, requests that the breaker refused")
        case .retryAmplification: (.factor, "sends for each request that was sent")
        case .retryAfterHonoured: (.ratio, "retries not before their Retry-After, of all after one")
        case .retryAfterIntrusions: (.count, "sends of other requests inside a Retry-After")
        case .breakerFalsePositiveRate:
            (.ratio, "requests refused after an unjustified opening, of those at a healthy instant")
        case .breakerOpens: (.count, "openings of the breaker")
        case .breakerUnjustifiedOpens: (.count, "openings while the upstream was healthy")
        case .breakerMissed: (.count, "unhealthy minutes with traffic and no opening")
        case .breakerDetectionDelay: (.duration, "from the beginning of a failure to the opening")
        case .breakerRecoveryLag: (.duration, "from the end of a failure to the closing")
        case .breakerNeedlessRejections: (.count, "requests refused that would have succeeded")
        case .cacheHitRate: (.ratio, "answers from the cache, of all GETs that may be cached")
        case .cacheStaleServed: (.count, "stale answers served")
        case .availability: (.ratio, "requests that succeeded within the window, of all")
        case .availabilityMinutes: (.ratio, "minutes in which at least 99 % of the requests succeeded")
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
