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
        switch fault.effect {
        case .latency(let slow): (latency, isDrip) = (LawSampler(slow.law), false)
        case .drip(let slow): (latency, isDrip) = (LawSampler(slow.law), true)
        default: (latency, isDrip) = (nil, false)
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
