import ScenarioFile

/// Watches how long callers feel an unhealthy period after its end: until ten good bins in a row.
///
/// A bin begins where the one before ends, or at the end of a period; it lasts a second, and further
/// seconds until it holds 50 requests. Requests count by the instant at which they end. It is good where
/// no more of them fail than before the first fault, but for a point, and the 95th percentile of its
/// successes is at most a quarter above that of then. Confined to the simulation's thread.
final class RecoveryWatch {
    private enum Phase {
        /// Before the first fault and the first period.
        case baseline
        /// All periods that have ended are over for the callers too.
        case idle
        case watching
        /// There is nothing to compare with.
        case off
    }

    private static let second: Int64 = 1_000_000_000
    private static let binLeast: UInt64 = 50
    private static let goodBins = 10
    private static let baselineLeast: (span: Int64, requests: UInt64) = (60 * second, 200)

    private let warmup: Int64
    private let end: Int64
    private let firstFault: Int64?
    private var phase = Phase.baseline
    private var baseline = Outcomes()
    private var bin = Outcomes()
    private var binStart: Int64 = 0
    private var binEnd: Int64 = 0
    /// Where the last good bins in a row began, ten at the most.
    private var goodStarts: [Int64] = []
    /// Ends of periods that callers still feel, rising.
    private var periodEnds: [Int64] = []

    /// Spells that ended, with something to compare with.
    private(set) var periods: UInt64 = 0
    /// The longest time from a period's end to the first of ten good bins, in nanoseconds.
    private(set) var longest: Int64 = 0

    /// - Parameters:
    ///   - scenario: the flight's.
    ///   - firstFault: the first instant at which the upstream's rules change; nil: they never do.
    init(_ scenario: Scenario, firstFault: Int64?) {
        warmup = scenario.warmup
        end = scenario.duration
        self.firstFault = firstFault
    }

    /// Whether callers still felt a period when the flight ended.
    var isUnrecovered: Bool { !periodEnds.isEmpty }

    /// A counted request ends. To be told after the periods that begin or end by `now`.
    func ended(isSuccess: Bool, after latency: Int64, at now: Int64) {
        switch phase {
        case .idle, .off: return
        case .baseline:
            guard let firstFault, now >= firstFault else {
                return baseline.add(isSuccess: isSuccess, after: latency)
            }
            closeBaseline(at: firstFault)
        case .watching:
            guard now < end else { return }
            if now >= binEnd { advance(to: now) }
            if phase == .watching { bin.add(isSuccess: isSuccess, after: latency) }
        }
    }

    /// The upstream becomes unhealthy.
    func periodBegan(at instant: Int64) {
        if phase == .baseline { closeBaseline(at: min(instant, firstFault ?? .max)) }
    }

    /// The upstream is healthy again, and asked.
    func periodEnded(at instant: Int64) {
        guard phase != .off, instant > warmup, instant < end else { return }
        if phase == .watching { advance(to: instant) }
        periods += 1
        periodEnds.append(instant)
        // What the bin under way holds is from within the period.
        startBin(at: instant)
        phase = .watching
    }

    /// The flight is over: no requests arrive any more.
    func close() {
        if phase == .watching { advance(to: end) }
    }

    private func closeBaseline(at instant: Int64) {
        let isEnough =
            instant - warmup >= Self.baselineLeast.span
            && baseline.requests >= Self.baselineLeast.requests && baseline.successes > 0
        phase = isEnough ? .idle : .off
    }

    private func startBin(at instant: Int64) {
        bin.clear()
        binStart = instant
        binEnd = instant.addingSaturated(Self.second)
    }

    /// Closes the bin under way, if it is over by `now`, and has the next one reach there.
    private func advance(to now: Int64) {
        guard now >= binEnd else { return }
        if bin.requests >= Self.binLeast {
            let next = binEnd
            judgeBin()
            startBin(at: next)
        }
        // Too few requests by now: by whole seconds it grows beyond.
        guard now >= binEnd else { return }
        let seconds = (now - binEnd) / Self.second + 1
        binEnd = binEnd.addingSaturated(seconds * Self.second)
    }

    private func judgeBin() {
        guard bin.isAsGood(as: baseline) else {
            goodStarts.removeAll(keepingCapacity: true)
            return
        }
        if goodStarts.count == Self.goodBins { goodStarts.removeFirst() }
        goodStarts.append(binStart)
        guard goodStarts.count == Self.goodBins, let start = goodStarts.first else { return }
        let over = periodEnds.prefix { $0 <= start }
        if let first = over.first { longest = max(longest, start - first) }
        periodEnds.removeFirst(over.count)
        if periodEnds.isEmpty {
            phase = .idle
            goodStarts.removeAll(keepingCapacity: true)
        }
    }
}
