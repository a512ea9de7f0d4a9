import Chance

/// A fault with everything worked out that does not change.
///
/// A class, as a route's: an array's element is looked at several times a request, never copied.
final class PreparedFault {
    let fault: Fault
    let effect: any FaultEffect
    let isTerminal: Bool
    let isScoped: Bool
    let chance: Chance.Stream
    let latency: LawSampler?
    let latencyChance: Chance.Stream
    /// Whether it slows the body, not the answer as a whole.
    let isDrip: Bool
    let burst: BurstChain?
    /// Its latency as a law of every exchange, for ground truth: nothing where it does not strike;
    /// nil: it never slows anything.
    let maybeSlow: LawSampler?

    init(
        _ fault: Fault, chance: Chance.Stream, latencyChance: Chance.Stream, burst: BurstChain?
    ) {
        self.fault = fault
        effect = fault.effect.effect
        isTerminal = type(of: fault.effect.effect).isTerminal
        isScoped = fault.scope != Fault.Scope()
        self.chance = chance
        self.latencyChance = latencyChance
        self.burst = burst
        let law: Law?
        switch fault.effect {
        case .latency(let slow): (law, isDrip) = (slow.law, false)
        case .drip(let slow): (law, isDrip) = (slow.law, true)
        default: (law, isDrip) = (nil, false)
        }
        latency = law.map { LawSampler($0) }
        maybeSlow =
            if let law, case .probability(let share) = fault.frequency, share < .one {
                LawSampler(
                    .mixture([
                        Law.Component(share: share, law: law),
                        Law.Component(
                            share: Ratio(
                                share.denominator - share.numerator, of: share.denominator),
                            law: .fixed(0)),
                    ]))
            } else {
                latency
            }
    }
}

/// A route with its answer written out.
final class PreparedRoute {
    let path: PathPattern?
    let method: String?
    let latency: LawSampler
    let answer: Answer

    /// A route; with nil the one that answers whatever no other does.
    init(_ route: Route?, latency: LawSampler) {
        path = route?.path
        method = route?.method
        self.latency = latency
        answer = .json(
            status: route?.status ?? 200, headers: route?.headers ?? [],
            body: route?.body ?? UpstreamConfiguration.defaultBody)
    }
}
