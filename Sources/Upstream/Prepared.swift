import KeyedChance
import HTTPTypes

/// A fault with everything worked out that does not change.
///
/// A class, as a route's: an array's element is looked at several times a request, never copied.
final class PreparedFault {
    let fault: Fault
    let effect: any FaultEffect
    let isTerminal: Bool
    /// Whether it strikes before anything is known of a request, and so before all others.
    let isBeforeRequest: Bool
    let schedule: Schedule
    let isAlwaysActive: Bool
    let frequency: Fault.Frequency
    let scope: PreparedScope
    let isScoped: Bool
    let chance: Chance.Family
    let latency: DistributionSampler?
    let latencyChance: Chance.Family
    /// Whether it slows the body, not the answer as a whole.
    let isDrip: Bool
    let burst: BurstChain?
    /// Its latency as a distribution of every exchange, for ground truth: nothing where it does not strike;
    /// nil: it never slows anything.
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

/// A route with its answer written out.
final class PreparedRoute {
    private let scope: PreparedScope
    let latency: DistributionSampler
    let answer: Answer

    /// A route; with nil the one that answers whatever no other does.
    init(_ route: Route?, latency: DistributionSampler) {
        scope = PreparedScope(method: route?.method, path: route?.path, client: nil)
        self.latency = latency
        answer = .json(
            status: route?.status ?? 200, headers: route?.headers ?? [],
            body: route?.body ?? UpstreamConfiguration.defaultBody)
    }

    /// Whether it is the route of a request, if none before it is.
    func concerns(_ request: ArrivedRequest) -> Bool { scope.concerns(request) }
}

/// What requests a route or a fault is about, whatever is nil left out.
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
