import Chance

/// Remembers the probabilities that were worked out: the numerical part is slow, and between two
/// edges of the schedule nothing changes.
struct GroundTruthCache: Sendable {
    struct Key: Sendable, Hashable {
        let route: Int
        /// The faults that may strike, in order.
        let faults: [Int]
    }

    private var known: [Key: Double] = [:]
    private var lastKey: Key?
    private var last = 0.0

    mutating func value(_ key: Key) -> Double? {
        if key == lastKey { return last }
        guard let value = known[key] else { return nil }
        (lastKey, last) = (key, value)
        return value
    }

    mutating func remember(_ value: Double, for key: Key) { known[key] = value }
}

extension FaultyUpstream {
    /// Works out the probability from the faults that may strike and from the latency law.
    public mutating func failureProbability(_ request: ArrivedRequest, at instant: Int64) -> Double
    {
        let candidates = faults.isEmpty ? [] : candidates(request, at: instant, ignoringUpTo: 0)
        return probability(route: routeIndex(request), candidates)
    }

    /// A sequence clears where it has at most this many failures left: as many as there are retries
    /// by default.
    private static let shortSequence: UInt32 = 3

    /// Looks at each edge of the schedule until the upstream is healthy or the span is over.
    public mutating func clears(
        _ request: ArrivedRequest, from instant: Int64, within span: Int64
    ) -> Bool {
        let route = routeIndex(request)
        let (end, overflow) = instant.addingReportingOverflow(span)
        var moment = instant
        while true {
            let candidates = candidates(request, at: moment, ignoringUpTo: Self.shortSequence)
            if probability(route: route, candidates) < 0.5 { return true }
            guard let next = nextEdge(after: moment), overflow || next < end else { return false }
            moment = next
        }
    }

    /// The faults that may strike the request, but sequences with that few failures left.
    private func candidates(
        _ request: ArrivedRequest, at instant: Int64, ignoringUpTo few: UInt32
    ) -> [Int] {
        faults.indices.filter { index in
            guard concerns(index, request, at: instant) else { return false }
            guard case .sequence = faults[index].fault.frequency else { return true }
            return failuresLeft(index, request, at: instant) > few
        }
    }

    private mutating func probability(route: Int, _ candidates: [Int]) -> Double {
        let key = GroundTruthCache.Key(route: route, faults: candidates)
        if let known = truth.value(key) { return known }
        let probability = probabilityOfFailure(routes[route], candidates.map { faults[$0] })
        truth.remember(probability, for: key)
        return probability
    }

    /// Sums over which terminal fault strikes first; where none does, or one that answers what a
    /// breaker does not mind, the latency alone decides.
    private func probabilityOfFailure(_ route: PreparedRoute, _ faults: [PreparedFault]) -> Double {
        let laws = [route.latency] + faults.compactMap(\.maybeSlow)
        let tooSlow = LawSampler.sumExceeding(laws, configuration.referenceTimeout)
        let answer = route.answer.status >= 500 ? 1 : tooSlow
        var failing = 0.0
        var untouched = 1.0
        for fault in faults where fault.isTerminal {
            let share = untouched * fault.probability.double
            failing += share * (fault.effect.isBreakerFailure ? 1 : tooSlow)
            untouched -= share
        }
        return failing + untouched * answer
    }
}

extension PreparedFault {
    /// How often it strikes where it may.
    var probability: Ratio {
        if case .probability(let probability) = fault.frequency { probability } else { .one }
    }

    /// Its latency as a law of every exchange: nothing where it does not strike.
    var maybeSlow: LawSampler? {
        guard case .latency(let slow) = fault.effect else { return nil }
        guard case .probability(let share) = fault.frequency, share < .one else { return latency }
        let rest = Ratio(share.denominator - share.numerator, of: share.denominator)
        return LawSampler(
            .mixture([
                Law.Component(share: share, law: slow.law),
                Law.Component(share: rest, law: .fixed(0)),
            ]))
    }
}
