import KeyedChance

/// Remembers the probabilities that were worked out: the numerical part is slow, and between two
/// edges of the schedule nothing changes but the queue.
final class GroundTruthCache {
    struct Key: Sendable, Hashable {
        let route: Int
        /// The faults that may strike.
        let faults: FaultSet
        /// How long the queue is, in steps; 0 without one.
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
    /// Works out the probability from the faults that may strike, the queue and the distributions.
    public func failureProbability(_ request: ArrivedRequest, at instant: Int64) -> Double {
        probability(
            route: routeIndex(request), candidates(request, at: instant, ignoringUpTo: 0),
            at: instant)
    }

    /// Whether queues or sequences make one attempt change what the next one is up against. A quota does
    /// not count: its 429 says nothing of the upstream's health.
    public var changesWithTraffic: Bool {
        station != nil
            || configuration.faults.contains {
                if case .sequence(_, .all) = $0.frequency { true } else { false }
            }
    }

    /// A sequence clears where it has at most this many failures left: as many as there are retries
    /// by default.
    private static let shortSequence: UInt32 = 3

    /// Looks at each edge of the schedule until the upstream is healthy, or lets requests through,
    /// or the span is over.
    public func clears(
        _ request: ArrivedRequest, of cause: PassingCause, from instant: Int64, within span: Int64
    ) -> Bool {
        let route = routeIndex(request)
        let end = Int64.sumSaturated(instant, span)
        // Nothing is let through before there is a token.
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

    /// The faults that may strike the request, but sequences with that few failures left.
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
        // A constant says so first: to look at the station would have the runtime check for changes.
        guard !isUnlimited, let station else {
            return probability(route: route, candidates, step: 0)
        }
        // A full queue answers 503.
        guard let wait = station.wait(at: instant) else { return 1 }
        let served = servedDistributions(route, candidates)
        // With at most one distribution left to chance the sum is exact, and quick.
        if served.count(where: { !$0.isFixed }) <= 1 {
            return failing(route, candidates, tooSlow: tooSlow(served, waited: wait))
        }
        // Between two steps of the wait as on a straight line: the sum of distributions is slow.
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

    /// What an answer takes once it is at a server, if there are any.
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

    /// Where no terminal fault strikes, or one that answers what a breaker does not mind, the time
    /// alone decides.
    private func failing(_ route: Int, _ candidates: FaultSet, tooSlow: Double) -> Double {
        let usual = routes[route].answer.status >= 500 ? 1 : tooSlow
        return mean(candidates) { fault in
            fault.map { $0.effect.isBreakerFailure ? 1 : tooSlow } ?? usual
        }
    }

    /// The probability that a fault, or the route itself, answers with a status.
    private func probability(of status: Int, _ route: Int, _ candidates: FaultSet) -> Double {
        let usual = routes[route].answer.status == status ? 1.0 : 0
        return mean(candidates) { fault in
            guard let fault else { return usual }
            if case .status(let own) = fault.fault.effect { return own.status == status ? 1 : 0 }
            return 0
        }
    }

    /// The mean of a probability over which terminal fault strikes first; nil: none.
    private func mean(_ candidates: FaultSet, _ probability: (PreparedFault?) -> Double) -> Double {
        // As where an attempt is decided: nobody gets past what strikes before a request.
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
    /// How often it strikes where it may; a burst is no candidate unless it is on.
    var probability: Ratio {
        if case .probability(let probability) = frequency { probability } else { .one }
    }
}
