import Chance

/// Remembers the probabilities that were worked out: the numerical part is slow, and between two
/// edges of the schedule nothing changes but the queue.
struct GroundTruthCache {
    struct Key: Sendable, Hashable {
        let route: Int
        /// The faults that may strike, in order.
        let faults: [Int]
        /// How long the queue is, in steps; 0 without one.
        let step: Int64
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
    /// Works out the probability from the faults that may strike, the queue and the laws.
    public func failureProbability(_ request: ArrivedRequest, at instant: Int64) -> Double {
        let candidates = faults.isEmpty ? [] : candidates(request, at: instant, ignoringUpTo: 0)
        return probability(route: routeIndex(request), candidates, at: instant)
    }

    /// Whether queues, tokens or sequences make one attempt change the next one's fate.
    public var changesWithTraffic: Bool {
        station != nil || bucket != nil
            || configuration.faults.contains {
                if case .sequence(_, .all) = $0.frequency { true } else { false }
            }
    }

    /// A sequence clears where it has at most this many failures left: as many as there are retries
    /// by default.
    private static let shortSequence: UInt32 = 3

    /// Looks at each edge of the schedule until the upstream is healthy, or lets requests through, or
    /// the span is over.
    public func clears(
        _ request: ArrivedRequest, of cause: PassingCause, from instant: Int64, within span: Int64
    ) -> Bool {
        let route = routeIndex(request)
        let end = Int64.sumSaturated(instant, span)
        if cause == .rateLimit, let bucket, bucket.wait(at: instant) >= span { return false }
        var moment = instant
        while true {
            let candidates = candidates(request, at: moment, ignoringUpTo: Self.shortSequence)
            let probability =
                cause == .rateLimit
                ? limitProbability(route, candidates)
                : probability(route: route, candidates, at: moment)
            if probability < 0.5 { return true }
            guard let next = nextEdge(after: moment), next < end else { return false }
            moment = next
        }
    }

    /// The faults that may strike the request, but sequences with that few failures left.
    private func candidates(
        _ request: ArrivedRequest, at instant: Int64, ignoringUpTo few: UInt32
    ) -> [Int] {
        faults.indices.filter { index in
            guard concerns(index, request, at: instant) else { return false }
            switch faults[index].fault.frequency {
            case .sequence: return failuresLeft(index, request, at: instant) > few
            case .burst: return faults[index].burst?.isOn(at: instant) ?? false
            case .always, .probability: return true
            }
        }
    }

    private func probability(route: Int, _ candidates: [Int], at instant: Int64) -> Double {
        if let bucket, bucket.tokens(at: instant) == 0 {
            // A 429 is no failure to a breaker, unless nothing gets as far as the quota.
            let isBefore = candidates.contains { faults[$0].effect.isBeforeRequest }
            return isBefore ? 1 : tooSlow(route, candidates, waited: nil)
        }
        guard let station else { return probability(route: route, candidates, step: 0) }
        // A full queue answers 503.
        guard let wait = station.wait(at: instant) else { return 1 }
        // Between two steps of the wait as on a straight line: the sum of laws is slow.
        let width = max(1, configuration.referenceTimeout / 256)
        let step = min(wait / width, 257)
        let below = probability(route: route, candidates, step: step)
        guard wait % width != 0, step < 257 else { return below }
        let above = probability(route: route, candidates, step: step + 1)
        return below + (above - below) * (Double(wait % width) / Double(width))
    }

    private func probability(route: Int, _ candidates: [Int], step: Int64) -> Double {
        let key = GroundTruthCache.Key(route: route, faults: candidates, step: step)
        if let known = truth.value(key) { return known }
        let waited = step * max(1, configuration.referenceTimeout / 256)
        let probability = probabilityOfFailure(
            routes[route], candidates.map { faults[$0] },
            tooSlow: tooSlow(route, candidates, waited: waited))
        truth.remember(probability, for: key)
        return probability
    }

    /// The probability that an answer takes longer than the reference timeout. `waited`: for a server;
    /// nil: it never gets to one.
    private func tooSlow(_ route: Int, _ candidates: [Int], waited: Int64?) -> Double {
        var laws = [routes[route].latency] + candidates.compactMap { faults[$0].maybeSlow }
        if let service, waited != nil { laws.append(service) }
        return LawSampler.sumExceeding(laws, configuration.referenceTimeout - (waited ?? 0))
    }

    /// Sums over which terminal fault strikes first; where none does, or one that answers what a
    /// breaker does not mind, the time alone decides.
    private func probabilityOfFailure(
        _ route: PreparedRoute, _ faults: [PreparedFault], tooSlow: Double
    ) -> Double {
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

    /// The probability that a fault, or the route itself, answers 429.
    private func limitProbability(_ route: Int, _ candidates: [Int]) -> Double {
        var limited = 0.0
        var untouched = 1.0
        for fault in candidates.map({ faults[$0] }) where fault.isTerminal {
            let share = untouched * fault.probability.double
            if case .status(let status) = fault.fault.effect, status.status == 429 {
                limited += share
            }
            untouched -= share
        }
        return limited + (routes[route].answer.status == 429 ? untouched : 0)
    }
}

extension PreparedFault {
    /// How often it strikes where it may; a burst is no candidate unless it is on.
    var probability: Ratio {
        if case .probability(let probability) = fault.frequency { probability } else { .one }
    }

    /// Its latency as a law of every exchange: nothing where it does not strike.
    var maybeSlow: LawSampler? {
        let law: Law
        switch fault.effect {
        case .latency(let slow): law = slow.law
        case .drip(let slow): law = slow.law
        default: return nil
        }
        guard case .probability(let share) = fault.frequency, share < .one else { return latency }
        let rest = Ratio(share.denominator - share.numerator, of: share.denominator)
        return LawSampler(
            .mixture([
                Law.Component(share: share, law: law),
                Law.Component(share: rest, law: .fixed(0)),
            ]))
    }
}
