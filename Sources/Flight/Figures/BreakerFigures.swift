import APIClient

/// Holds the breaker's decisions against the ground truth.
final class BreakerFigures {
    /// The breaker's window as the ground truth sees it: what the attempts in it were up against.
    private struct TruthWindow {
        private static let bucketCount = 60
        private typealias Bucket = (second: Int64, sum: Double, count: UInt64, failures: UInt64)
        private var buckets = [Bucket](repeating: (-1, 0, 0, 0), count: bucketCount)

        mutating func add(_ probability: Double, isFailure: Bool, at now: Int64) {
            let second = now / 1_000_000_000
            let index = Int(second % Int64(Self.bucketCount))
            if buckets[index].second != second { buckets[index] = (second, 0, 0, 0) }
            buckets[index].sum += probability
            buckets[index].count += 1
            if isFailure { buckets[index].failures += 1 }
        }

        /// The mean over the last 60 s; 0 where there is nothing.
        func mean(at now: Int64) -> Double {
            let oldest = now / 1_000_000_000 - Int64(Self.bucketCount) + 1
            let live = buckets.filter { $0.second >= oldest }
            let count = live.reduce(0) { $0 + $1.count }
            return count == 0 ? 0 : live.reduce(0) { $0 + $1.sum } / Double(count)
        }

        /// The results of the last 60 s.
        func results(at now: Int64) -> BreakerWatch.Results {
            let oldest = now / 1_000_000_000 - Int64(Self.bucketCount) + 1
            var results = BreakerWatch.Results(failures: 0, total: 0)
            for bucket in buckets where bucket.second >= oldest {
                results.failures += bucket.failures
                results.total += bucket.count
            }
            return results
        }
    }

    private let warmup: Int64
    private let window = Cell(TruthWindow())
    private var probeProbability = 0.0
    /// How many transitions there have been; a result from before the last one counts for nothing.
    private(set) var epoch = 0
    private(set) var lastOpeningWasJustified = true
    /// Instants of virtual time: closed to open, and to closed again.
    private(set) var openings: [Int64] = []
    private(set) var closings: [Int64] = []
    private(set) var opens: UInt64 = 0
    private(set) var unjustifiedOpens: UInt64 = 0
    private(set) var unjustified = Offenders()

    /// - Parameter warmup: until when openings are not counted.
    init(warmup: Int64) { self.warmup = warmup }

    func sent(_ flown: FlownRequest) {
        if flown.isProbe { probeProbability = flown.failureProbability }
    }

    /// An attempt has ended.
    /// - Returns: whether it has gone into the window as a failure.
    func counted(_ flown: FlownRequest, at now: Int64) -> Bool {
        guard flown.truth != .neutral, flown.breakerEpoch == epoch, !flown.isProbe else {
            return false
        }
        let isFailure = flown.truth == .failure
        window.value.add(flown.failureProbability, isFailure: isFailure, at: now)
        return isFailure
    }

    /// What the breaker's window holds, by what the upstream decided.
    func results(at now: Int64) -> BreakerWatch.Results { window.value.results(at: now) }

    func moved(_ transition: CircuitBreaker.Transition, _ flown: FlownRequest) {
        epoch += 1
        switch transition.to {
        case .open:
            let probability =
                transition.from == .halfOpen
                ? probeProbability : window.value.mean(at: transition.at)
            lastOpeningWasJustified = probability >= 0.5
            if transition.from == .closed { openings.append(transition.at) }
            // Between here and the closing nothing is counted.
            window.value = TruthWindow()
            guard transition.at >= warmup else { return }
            opens += 1
            if !lastOpeningWasJustified {
                unjustifiedOpens += 1
                unjustified.add(flown)
            }
        case .closed: closings.append(transition.at)
        case .halfOpen: break
        }
    }
}

/// A stretch of virtual time in which the upstream was unhealthy; half open.
struct UnhealthyPeriod: Sendable, Hashable {
    var start: Int64
    var end: Int64
    /// Sends, and requests that the breaker refused, by the clients' numbers.
    var traffic: [UInt64]
}

/// What the breaker made of the unhealthy periods.
struct UnhealthyPeriodFigures {
    /// Shorter periods are not expected to be noticed.
    private static let noticeable: Int64 = 60_000_000_000

    /// Spells of 60 s or more with traffic, but without an opening in them or open from before.
    private(set) var missed: UInt64 = 0
    private(set) var noticeablePeriods: UInt64 = 0
    /// The longest time from a period's start to the opening, and from its end to the closing; ns.
    private(set) var detectionDelay: Int64?
    private(set) var detections: UInt64 = 0
    private(set) var recoveryLag: Int64?
    private(set) var recoveries: UInt64 = 0

    /// Of all clients together. Spells that have ended by the end of the warm-up are not counted, nor are
    /// openings before.
    init(_ periods: [UnhealthyPeriod], _ clients: [ClientState], warmup: Int64) {
        for period in periods where period.end > warmup {
            for (index, client) in clients.enumerated() {
                add(period, traffic: period.traffic[index], client.breaker, warmup: warmup)
            }
        }
    }

    private mutating func add(
        _ period: UnhealthyPeriod, traffic: UInt64, _ breaker: BreakerFigures, warmup: Int64
    ) {
        let opening = breaker.openings.first { $0 >= period.start && $0 < period.end }
        let isOpenFromBefore = Self.isOpen(at: period.start, breaker)
        if period.end - period.start >= Self.noticeable, traffic > 0 {
            noticeablePeriods += 1
            if opening == nil && !isOpenFromBefore { missed += 1 }
        }
        if let opening, opening >= warmup, !isOpenFromBefore {
            detections += 1
            detectionDelay = max(detectionDelay ?? 0, opening - period.start)
        }
        guard Self.isOpen(at: period.end, breaker),
            let closing = breaker.closings.first(where: { $0 >= period.end })
        else { return }
        recoveries += 1
        recoveryLag = max(recoveryLag ?? 0, closing - period.end)
    }

    private static func isOpen(at instant: Int64, _ breaker: BreakerFigures) -> Bool {
        let opened = breaker.openings.last { $0 < instant }
        let closed = breaker.closings.last { $0 < instant }
        guard let opened else { return false }
        return closed.map { $0 < opened } ?? true
    }
}
