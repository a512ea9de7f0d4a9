import KeyedChance

/// Remembers computed failure probabilities. The computation is slow, and between two edges of the
/// schedule only the queue changes.
final class GroundTruthCache {
    struct Key: Sendable, Hashable {
        let route: Int
        /// The faults that may strike.
        let faults: FaultSet
        /// The wait in the queue, in steps of the cache; 0 without a queue.
        let step: Int64
    }

    private var known: [Key: Double] = [:]
    private var lastKey: Key?
    private var last = 0.0

    func value(_ key: Key) -> Double? {
        if key == lastKey { return last }
        guard let value = known[key] else { return nil }
        (lastKey, last) = (key, value)
        return value
    }

    func remember(_ value: Double, for key: Key) { known[key] = value }
}

extension FaultyUpstream {
    /// Computes the probability from the faults that may strike, the queue and the distributions.
    public func failureProbability(_ request: ArrivedRequest, at instant: Int64) -> Double {
        probability(
            route: routeIndex(request), candidates(request, at: instant, ignoringUpTo: 0),
            at: instant)
    }

    /// Whether a queue or a sequence over all requests makes an attempt change the outcome of later
    /// ones. A quota does not count, because its 429 says nothing about the upstream's health.
    public var changesWithTraffic: Bool {
        station != nil
            || configuration.faults.contains {
                if case .sequence(_, .all) = $0.frequency { true } else { false }
            }
    }

    /// A sequence counts as ended when at most this many failures are left, which is the default
    /// number of retries.
    private static let shortSequence: UInt32 = 3

    /// Evaluates each edge of the schedule until the cause has passed or the span is over.
    public func clears(
        _ request: ArrivedRequest, of cause: PassingCause, from instant: Int64, within span: Int64
    ) -> Bool {
        let route = routeIndex(request)
        let end = Int64.sumSaturated(instant, span)
        // A rate limit admits nothing before there is a token.
        let refill = cause == .rateLimit ? bucket?.wait(at: instant) ?? 0 : 0
        var moment = Int64.sumSaturated(instant, refill)
        guard refill == 0 || moment < end else { return false }
        while true {
            let candidates = candidates(request, at: moment, ignoringUpTo: Self.shortSequence)
            let probability =
                switch cause {
                case .failure: probability(route: route, candidates, at: moment)
                case .requestTimeout: probability(of: 408, route, candidates)
                case .rateLimit: probability(of: 429, route, candidates)
                }
            if probability < 0.5 { return true }
            guard let next = nextEdge(after: moment), next < end else { return false }
            moment = next
        }
    }

    /// The faults that may strike the request, except sequences with at most `few` failures left.
    private func candidates(
        _ request: ArrivedRequest, at instant: Int64, ignoringUpTo few: UInt32
    ) -> FaultSet {
        var candidates = FaultSet()
        for index in faults.indices where concerns(index, request, at: instant) {
            let mayStrike =
                switch faults[index].frequency {
                case .sequence: failuresLeft(index, request, at: instant) > few
                case .burst: faults[index].burst?.isOn(at: instant) ?? false
                case .always, .probability: true
                }
            if mayStrike { candidates.insert(index) }
        }
        return candidates
    }

    private func probability(route: Int, _ candidates: FaultSet, at instant: Int64) -> Double {
        // `isUnlimited` is constant and is checked first: reading `station` costs an exclusivity
        // check.
        guard !isUnlimited, let station else {
            return probability(route: route, candidates, step: 0)
        }
        // A full queue answers 503.
        guard let wait = station.wait(at: instant) else { return 1 }
        let served = servedDistributions(route, candidates)
        // With at most one random distribution the sum is exact and fast.
        if served.count(where: { !$0.isFixed }) <= 1 {
            return failing(route, candidates, tooSlow: tooSlow(served, waited: wait))
        }
        // Linear interpolation between two steps of the wait, because the sum of distributions is
        // slow.
        let width = stepWidth
        let step = min(wait / width, 257)
        let below = probability(route: route, candidates, step: step)
        guard wait % width != 0, step < 257 else { return below }
        let above = probability(route: route, candidates, step: step + 1)
        return below + (above - below) * (Double(wait % width) / Double(width))
    }

    private var stepWidth: Int64 { max(1, configuration.referenceTimeout / 256) }

    private func probability(route: Int, _ candidates: FaultSet, step: Int64) -> Double {
        let key = GroundTruthCache.Key(route: route, faults: candidates, step: step)
        if let known = truth.value(key) { return known }
        let tooSlow = tooSlow(servedDistributions(route, candidates), waited: step * stepWidth)
        let probability = failing(route, candidates, tooSlow: tooSlow)
        truth.remember(probability, for: key)
        return probability
    }

    /// The durations that make up an answer, the wait in the queue excepted.
    private func servedDistributions(_ route: Int, _ candidates: FaultSet) -> [DistributionSampler]
    {
        let slower = faults.indices.compactMap { index in
            candidates.contains(index) ? faults[index].maybeSlow : nil
        }
        return [routes[route].latency] + slower + (service.map { [$0] } ?? [])
    }

    /// The probability that an answer takes longer than the reference timeout.
    private func tooSlow(_ distributions: [DistributionSampler], waited: Int64) -> Double {
        DistributionSampler.sumExceeding(distributions, configuration.referenceTimeout - waited)
    }

    /// The probability of a breaker failure. Without a terminal fault, or with one whose answer the
    /// breaker does not count, only the latency decides.
    private func failing(_ route: Int, _ candidates: FaultSet, tooSlow: Double) -> Double {
        let usual = routes[route].answer.status >= 500 ? 1 : tooSlow
        return mean(candidates) { fault in
            fault.map { $0.effect.isBreakerFailure ? 1 : tooSlow } ?? usual
        }
    }

    /// The probability that a fault or the route itself answers with this status.
    private func probability(of status: Int, _ route: Int, _ candidates: FaultSet) -> Double {
        let usual = routes[route].answer.status == status ? 1.0 : 0
        return mean(candidates) { fault in
            guard let fault else { return usual }
            if case .status(let own) = fault.fault.effect { return own.status == status ? 1 : 0 }
            return 0
        }
    }

    /// The mean of a probability over the terminal fault that strikes first; nil stands for none.
    private func mean(_ candidates: FaultSet, _ probability: (PreparedFault?) -> Double) -> Double {
        // A fault that strikes before the request comes first, as it does when an attempt is
        // decided.
        for index in faults.indices
        where candidates.contains(index) && faults[index].isBeforeRequest {
            return probability(faults[index])
        }
        var sum = 0.0
        var untouched = 1.0
        for index in faults.indices where candidates.contains(index) && faults[index].isTerminal {
            let share = untouched * faults[index].probability.double
            sum += share * probability(faults[index])
            untouched -= share
        }
        return sum + untouched * probability(nil)
    }
}

extension PreparedFault {
    /// The probability that the fault strikes if it may; 1 for a burst, which is a candidate only
    /// while on.
    var probability: Ratio {
        if case .probability(let probability) = frequency { probability } else { .one }
    }
}
