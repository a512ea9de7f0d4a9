import Chance

/// A fault with everything worked out that does not change.
///
/// A class, as a route's: an array's element is looked at several times a request, never copied.
final class PreparedFault: Sendable {
    let fault: Fault
    let effect: any FaultEffect
    let isTerminal: Bool
    let isScoped: Bool
    let chance: Chance.Stream
    let latency: LawSampler?
    let latencyChance: Chance.Stream

    init(_ fault: Fault, chance: Chance.Stream, latencyChance: Chance.Stream) {
        self.fault = fault
        effect = fault.effect.effect
        isTerminal = type(of: fault.effect.effect).isTerminal
        isScoped = fault.scope != Fault.Scope()
        self.chance = chance
        self.latencyChance = latencyChance
        if case .latency(let slow) = fault.effect {
            latency = LawSampler(slow.law)
        } else {
            latency = nil
        }
    }
}

/// A route with its answer written out.
final class PreparedRoute: Sendable {
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
