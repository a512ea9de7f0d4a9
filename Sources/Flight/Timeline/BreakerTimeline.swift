import APIClient

/// The state transitions of all clients' breakers: the first 10 000, and the number of further ones.
struct BreakerTimeline {
    private static let transitionsMax = 10_000

    private(set) var transitions: [Timeline.Transition] = []
    private(set) var omitted: UInt64 = 0

    /// - Parameters:
    ///   - instant: the instant of the transition, in nanoseconds.
    ///   - client: the number of the client.
    ///   - from: the state before.
    ///   - to: the state after.
    mutating func moved(
        at instant: Int64, client: UInt32, from: CircuitBreaker.State, to: CircuitBreaker.State
    ) {
        if transitions.count < Self.transitionsMax {
            transitions.append(Timeline.Transition(at: instant, client: client, from: from, to: to))
        } else {
            omitted += 1
        }
    }

    /// Adds the transitions of another flight, sorted by instant; at the same instant, the ones here come first.
    mutating func merge(_ other: BreakerTimeline) {
        var merged: [Timeline.Transition] = []
        var (own, others) = (transitions[...], other.transitions[...])
        while merged.count < Self.transitionsMax, !own.isEmpty || !others.isEmpty {
            let takesOwn = (own.first?.at ?? .max, 0) <= (others.first?.at ?? .max, 1)
            if let next = takesOwn ? own.popFirst() : others.popFirst() { merged.append(next) }
        }
        omitted += other.omitted + UInt64(own.count + others.count)
        transitions = merged
    }
}
