import APIClient

/// The breaker of one client as its checker follows it.
final class BreakerWatch {
    /// Results within a breaker's window.
    struct Results {
        var failures: UInt64
        var total: UInt64
    }

    /// A state in which the breaker has to open at once.
    struct Overdue {
        /// When it came about, in nanoseconds.
        let since: Int64
        let results: Results
    }

    /// The results of the last 60 s, in buckets of 1 s, by what the upstream decided.
    struct Window {
        private static let bucketCount = 60
        private typealias Bucket = (second: Int64, total: UInt64, failures: UInt64)
        private var buckets = [Bucket](repeating: (-1, 0, 0), count: bucketCount)

        mutating func add(isFailure: Bool, at now: Int64) {
            let second = now / 1_000_000_000
            let index = Int(second % Int64(Self.bucketCount))
            if buckets[index].second != second { buckets[index] = (second, 0, 0) }
            buckets[index].total += 1
            if isFailure { buckets[index].failures += 1 }
        }

        func results(at now: Int64) -> Results {
            let oldest = now / 1_000_000_000 - Int64(Self.bucketCount) + 1
            var results = Results(failures: 0, total: 0)
            for bucket in buckets where bucket.second >= oldest {
                results.failures += bucket.failures
                results.total += bucket.total
            }
            return results
        }
    }

    /// By the client's word.
    private(set) var state = CircuitBreaker.State.closed
    /// How many transitions there have been. A result of an attempt from before the last one counts for nothing.
    private(set) var epoch = 0
    let window = Cell(Window())
    /// When it opened last, worked out, in nanoseconds.
    var openedAt = Int64.min
    /// The request that holds the right to probe; nil: none does.
    private(set) var prober: UInt64?
    /// When that right was given, and when it ended, in nanoseconds; of the last probe also when that is over.
    private(set) var probeBegan = Int64.min
    private(set) var probeEnded = Int64.min
    /// Probes that are on their way.
    var probesInFlight = 0
    /// Set as long as the breaker should be open and, by the client's word, is not.
    var overdue: Overdue?

    /// A request may probe.
    func probeBegins(_ request: RequestRecord, at now: Int64) {
        prober = request.call.request
        probeBegan = now
    }

    /// A request sends nothing any more on the strength of that right, if it had it.
    func probeEnds(_ request: RequestRecord, at now: Int64) {
        guard let prober, prober == request.call.request else { return }
        self.prober = nil
        probeEnded = now
    }

    /// The breaker is in another state now.
    func moved(to state: CircuitBreaker.State) {
        // A probe that never ended does not block the next one.
        if self.state == .halfOpen { probesInFlight = 0 }
        // Between opening and closing nothing is counted.
        if state == .open { window.value = Window() }
        self.state = state
        epoch += 1
        overdue = nil
    }
}
