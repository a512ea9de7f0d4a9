import APIClient

/// Compares the decisions of one client's breaker with the ground truth.
final class BreakerFigures {
    /// The breaker's window with true failure probabilities instead of results.
    private struct TruthWindow {
        private static let bucketCount = 60
        private typealias Bucket = (second: Int64, sum: Double, count: UInt64)
        private var buckets = [Bucket](repeating: (-1, 0, 0), count: bucketCount)
        /// The bucket of the present second, and when that is over; so most attempts need no division.
        private var present = 0
        private var presentEnd = Int64.min

        @inline(__always) mutating func add(_ probability: Double, at now: Int64) {
            if now >= presentEnd { begin(at: now) }
            buckets[present].sum += probability
            buckets[present].count += 1
        }

        @inline(never) private mutating func begin(at now: Int64) {
            let second = now / 1_000_000_000
            present = Int(second % Int64(Self.bucketCount))
            presentEnd = (second + 1) * 1_000_000_000
            buckets[present] = (second, 0, 0)
        }

        /// The mean failure probability of the last 60 s; 0 if there were no attempts.
        func mean(at now: Int64) -> Double {
            let oldest = now / 1_000_000_000 - Int64(Self.bucketCount) + 1
            let live = buckets.filter { $0.second >= oldest }
            let count = live.reduce(0) { $0 + $1.count }
            return count == 0 ? 0 : live.reduce(0) { $0 + $1.sum } / Double(count)
        }
    }

    private let warmup: Int64
    private let window = Cell(TruthWindow())
    private var probeProbability = 0.0
    /// Number of transitions so far. Results of attempts sent before the last transition are ignored.
    private(set) var epoch = 0
    private(set) var lastOpeningWasJustified = true
    /// The spans in which the breaker was open, in ascending order, in nanoseconds: from the transition closed
    /// to open, until it closed again. nil: not closed yet.
    private(set) var openSpans: [(opened: Int64, closed: Int64?)] = []
    private(set) var opens: UInt64 = 0
    private(set) var unjustifiedOpens: UInt64 = 0
    private(set) var unjustified = Offenders()

    /// - Parameter warmup: end of the warm-up, in nanoseconds; earlier openings are not counted.
    init(warmup: Int64) { self.warmup = warmup }

    func sent(_ attempt: AttemptRecord) {
        if attempt.isProbe { probeProbability = attempt.failureProbability }
    }

    /// Adds an ended attempt to the window, unless it is neutral, a probe, or was sent before the last transition.
    func ended(_ attempt: AttemptRecord, at now: Int64) {
        guard attempt.verdict != .neutral, attempt.breakerEpoch == epoch, !attempt.isProbe else {
            return
        }
        window.value.add(attempt.failureProbability, at: now)
    }

    func moved(_ transition: CircuitBreaker.Transition, by request: UInt64) {
        epoch += 1
        switch transition.to {
        case .open:
            let probability =
                transition.from == .halfOpen
                ? probeProbability : window.value.mean(at: transition.at)
            lastOpeningWasJustified = probability >= 0.5
            if transition.from == .closed { openSpans.append((transition.at, nil)) }
            // No results are counted between an opening and the next closing.
            window.value = TruthWindow()
            guard transition.at >= warmup else { return }
            opens += 1
            if !lastOpeningWasJustified {
                unjustifiedOpens += 1
                unjustified.add(request)
            }
        case .closed:
            if let last = openSpans.indices.last, openSpans[last].closed == nil {
                openSpans[last].closed = transition.at
            }
        case .halfOpen: break
        }
    }
}
