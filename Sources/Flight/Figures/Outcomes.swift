/// How a number of requests ended: successes, and about how long they took.
///
/// Latencies are kept in microseconds, in buckets of a 1024th of their values.
struct Outcomes {
    private(set) var requests: UInt64 = 0
    private var latencies = LogLinearHistogram(bits: 11, rounding: .down)

    var successes: UInt64 { latencies.count }

    /// A request ended after `latency` nanoseconds.
    mutating func add(isSuccess: Bool, after latency: Int64) {
        requests += 1
        if isSuccess { latencies.record(UInt64(max(0, latency)) / 1_000) }
    }

    /// Forgets everything.
    mutating func clear() {
        requests = 0
        latencies.removeAll()
    }

    /// Whether at most a hundredth more failed, and the 95th percentile of the successes is at most a
    /// quarter longer. Never without a success.
    func isAsGood(as other: Outcomes) -> Bool {
        guard let percentile = percentile95, let otherPercentile = other.percentile95 else {
            return false
        }
        // successes / requests >= other.successes / other.requests - 1 / 100, in whole numbers.
        let own = Int128(successes) * Int128(other.requests) * 100
        let limit = (Int128(other.successes) * 100 - Int128(other.requests)) * Int128(requests)
        return own >= limit && percentile * 4 <= otherPercentile * 5
    }

    /// Of the successes, by nearest rank, in microseconds; nil without any.
    private var percentile95: UInt64? { latencies.values(at: [950])[0] }
}
