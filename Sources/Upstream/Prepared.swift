import KeyedChance
import HTTPTypes

/// A fault with all its constants computed.
///
/// It is a class, as is ``PreparedRoute``, because array elements are used several times for each
/// request and must not be copied.
final class PreparedFault {
    let fault: Fault
    let effect: any FaultEffect
    let isTerminal: Bool
    /// Whether it strikes before the request is read, and therefore before all other faults.
    let isBeforeRequest: Bool
    let schedule: Schedule
    let isAlwaysActive: Bool
    let frequency: Fault.Frequency
    let scope: PreparedScope
    let isScoped: Bool
    let chance: Chance.Family
    let latency: DistributionSampler?
    let latencyChance: Chance.Family
    /// Whether it slows down the body and not the whole answer.
    let isDrip: Bool
    let burst: BurstChain?
    /// The latency that it adds to any exchange, for ground truth: 0 if it does not strike. nil: it
    /// never adds latency.
    let maybeSlow: DistributionSampler?

    init(
        _ fault: Fault, chance: Chance.Family, latencyChance: Chance.Family, burst: BurstChain?
    ) {
        self.fault = fault
        effect = fault.effect.effect
        isTerminal = type(of: fault.effect.effect).isTerminal
        isBeforeRequest = fault.effect.effect.isBeforeRequest
        schedule = fault.schedule
        isAlwaysActive = fault.schedule == .always
        frequency = fault.frequency
        scope = PreparedScope(
            method: fault.scope.method, path: fault.scope.path, client: fault.scope.client)
        isScoped = fault.scope != Fault.Scope()
        self.chance = chance
        self.latencyChance = latencyChance
        self.burst = burst
        let distribution: Distribution?
        switch fault.effect {
        case .latency(let slow): (distribution, isDrip) = (slow.distribution, false)
        case .drip(let slow): (distribution, isDrip) = (slow.distribution, true)
        default: (distribution, isDrip) = (nil, false)
        }
        latency = distribution.map { DistributionSampler($0) }
        maybeSlow =
            if let distribution, case .probability(let share) = fault.frequency, share < .one {
                DistributionSampler(
                    .mixture([
                        Distribution.Component(share: share, distribution: distribution),
                        Distribution.Component(
                            share: Ratio(
                                share.denominator - share.numerator, of: share.denominator),
                            distribution: .fixed(0)),
                    ]))
            } else {
                latency
            }
    }
}

/// A route with its answer composed.
final class PreparedRoute {
    private let scope: PreparedScope
    let latency: DistributionSampler
    let answer: Answer

    /// Prepares a route; nil stands for the one that matches every request without a route.
    init(_ route: Route?, latency: DistributionSampler) {
        scope = PreparedScope(method: route?.method, path: route?.path, client: nil)
        self.latency = latency
        answer = .json(
            status: route?.status ?? 200, headers: route?.headers ?? [],
            body: route?.body ?? UpstreamConfiguration.defaultBody)
    }

    /// Whether the route matches a request. The first one that does is used.
    func concerns(_ request: ArrivedRequest) -> Bool { scope.concerns(request) }
}

/// The requests that a route or a fault applies to. A criterion that is nil matches everything.
final class PreparedScope {
    private let method: String?
    private let path: PathPattern?
    private let client: UInt32?

    init(method: String?, path: PathPattern?, client: UInt32?) {
        (self.method, self.path, self.client) = (method, path, client)
    }

    func concerns(_ request: ArrivedRequest) -> Bool {
        if let client, client != request.client { return false }
        if let method, method != request.method.rawValue { return false }
        return path?.matches(request.path) ?? true
    }
}
