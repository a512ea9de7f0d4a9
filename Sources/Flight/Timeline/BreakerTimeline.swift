import APIClient

/// The changes of state of all clients' breakers: the first 10 000, and how many came after them.
struct BreakerTimeline {
    private static let transitionsMax = 10_000

    private(set) var transitions: [Timeline.Transition] = []
    private(set) var omitted: UInt64 = 0

    /// - Parameters:
    ///   - instant: when the breaker changed its state, ns.
    ///   - client: the client's number.
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

    /// Adds what happened in another flight. By instants; at one instant what is here comes first.
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
