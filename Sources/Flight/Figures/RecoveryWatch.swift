import ScenarioFile

/// Measures how long callers notice an unhealthy period after its end: until ten good bins in a row.
///
/// A bin begins at the end of the previous bin or of a period. It lasts a second, extended by whole seconds
/// until it holds 50 requests; requests count at the instant at which they end. It is good if, compared with
/// the time before the first fault, the success rate is at most one percentage point lower and the 95th
/// percentile of the successes at most a quarter higher. Confined to the simulation's thread.
final class RecoveryWatch {
    private enum Phase {
        /// Before the first fault and the first period.
        case baseline
        /// Callers notice none of the ended periods any more.
        case idle
        case watching
        /// There is no baseline to compare with.
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
    /// Start instants of the latest good bins in a row, at most ten.
    private var goodStarts: [Int64] = []
    /// Ends of the periods that callers still notice, ascending, in nanoseconds.
    private var periodEnds: [Int64] = []

    /// Number of ended periods that are measured, that is, with a baseline.
    private(set) var periods: UInt64 = 0
    /// The longest time from a period's end to the first of ten good bins, in nanoseconds.
    private(set) var longest: Int64 = 0

    /// - Parameters:
    ///   - scenario: the scenario of the flight.
    ///   - firstFault: the first instant at which the upstream's rules change; nil: they never change.
    init(_ scenario: Scenario, firstFault: Int64?) {
        warmup = scenario.warmup
        end = scenario.duration
        self.firstFault = firstFault
    }

    /// Whether callers still noticed a period at the end of the flight.
    var isUnrecovered: Bool { !periodEnds.isEmpty }

    /// Adds a counted request that ended. Must be called after the periods that begin or end by `now`.
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

    /// Records that the upstream becomes unhealthy.
    func periodBegan(at instant: Int64) {
        if phase == .baseline { closeBaseline(at: min(instant, firstFault ?? .max)) }
    }

    /// Records that the upstream is healthy again while a load is active.
    func periodEnded(at instant: Int64) {
        guard phase != .off, instant > warmup, instant < end else { return }
        if phase == .watching { advance(to: instant) }
        periods += 1
        periodEnds.append(instant)
        // The current bin holds requests from within the period, so it is dropped.
        startBin(at: instant)
        phase = .watching
    }

    /// Closes the watch at the end of the flight, when no more requests arrive.
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

    /// Closes the current bin if it is over by `now`, and lets the next one reach beyond `now`.
    private func advance(to now: Int64) {
        guard now >= binEnd else { return }
        if bin.requests >= Self.binLeast {
            let next = binEnd
            judgeBin()
            startBin(at: next)
        }
        // Too few requests so far: the bin grows by whole seconds until it reaches beyond `now`.
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
