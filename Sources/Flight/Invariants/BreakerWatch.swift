import APIClient

/// The checker's model of one client's breaker.
final class BreakerWatch {
    /// The counts of results in a breaker's window.
    struct Results {
        var failures: UInt64
        var total: UInt64
    }

    /// A state of the window in which the breaker must open at once.
    struct Overdue {
        /// The instant at which that state was reached, in nanoseconds.
        let since: Int64
        let results: Results
    }

    /// The results of the last 60 s in buckets of 1 s, by the upstream's decisions.
    struct Window {
        private static let bucketCount = 60
        private typealias Bucket = (second: Int64, total: UInt64, failures: UInt64)
        private var buckets = [Bucket](repeating: (-1, 0, 0), count: bucketCount)

        /// The bucket of the present second, and when that is over; so most results need no division.
        private var present = 0
        private var presentEnd = Int64.min

        @inline(__always) mutating func add(isFailure: Bool, at now: Int64) {
            if now >= presentEnd { begin(at: now) }
            buckets[present].total += 1
            if isFailure { buckets[present].failures += 1 }
        }

        @inline(never) private mutating func begin(at now: Int64) {
            let second = now / 1_000_000_000
            present = Int(second % Int64(Self.bucketCount))
            presentEnd = (second + 1) * 1_000_000_000
            buckets[present] = (second, 0, 0)
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

    /// The state that the client reports.
    private(set) var state = CircuitBreaker.State.closed
    /// Number of transitions so far. Results of attempts sent before the last one are ignored.
    private(set) var epoch = 0
    let window = Cell(Window())
    /// The instant of the last opening as the checker derives it, in nanoseconds; `Int64.min`: never opened.
    var openedAt = Int64.min
    /// The request that may send the probe; nil: none may.
    private(set) var prober: UInt64?
    /// `probeBegan`: when the current or last probe was granted. `probeEnded`: when the last one ended. Nanoseconds.
    private(set) var probeBegan = Int64.min
    private(set) var probeEnded = Int64.min
    /// Number of probes in flight.
    var probesInFlight = 0
    /// Set while the breaker must be open but is closed according to the client; nil otherwise.
    var overdue: Overdue?

    /// Records that a request may send the probe.
    func probeBegins(_ request: RequestRecord, at now: Int64) {
        prober = request.call.request
        probeBegan = now
    }

    /// Records that a request will send no probe any more, if it was the one that may.
    func probeEnds(_ request: RequestRecord, at now: Int64) {
        guard let prober, prober == request.call.request else { return }
        self.prober = nil
        probeEnded = now
    }

    /// Records a transition to `state`.
    func moved(to state: CircuitBreaker.State) {
        // A probe that never ended does not block the next one.
        if self.state == .halfOpen { probesInFlight = 0 }
        // No results are counted between an opening and the next closing.
        if state == .open { window.value = Window() }
        self.state = state
        epoch += 1
        overdue = nil
    }
}
