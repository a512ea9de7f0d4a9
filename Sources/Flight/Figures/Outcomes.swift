/// The outcomes of a set of requests: number, successes, and approximate latencies of the successes.
///
/// Latencies are in microseconds, in buckets whose width is at most a 1024th of their values.
struct Outcomes {
    private(set) var requests: UInt64 = 0
    private var latencies = LogLinearHistogram(bits: 11, rounding: .down)

    var successes: UInt64 { latencies.count }

    /// Adds a request that ended after `latency` nanoseconds.
    mutating func add(isSuccess: Bool, after latency: Int64) {
        requests += 1
        if isSuccess { latencies.record(UInt64(max(0, latency)) / 1_000) }
    }

    /// Removes all outcomes.
    mutating func clear() {
        requests = 0
        latencies.removeAll()
    }

    /// Whether the success rate is at most one percentage point lower and the 95th percentile of the successes
    /// at most a quarter longer. `false` if either has no success.
    func isAsGood(as other: Outcomes) -> Bool {
        guard let percentile = percentile95, let otherPercentile = other.percentile95 else {
            return false
        }
        // successes / requests >= other.successes / other.requests - 1 / 100, in integers.
        let own = Int128(successes) * Int128(other.requests) * 100
        let limit = (Int128(other.successes) * 100 - Int128(other.requests)) * Int128(requests)
        return own >= limit && percentile * 4 <= otherPercentile * 5
    }

    /// The 95th percentile of the successes by nearest rank, in microseconds; nil: no successes.
    private var percentile95: UInt64? { latencies.values(at: [950])[0] }
}
