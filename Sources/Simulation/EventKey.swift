/// The instant of an event, and its rank among the events at that instant.
///
/// Events are ordered by instant, kind, client, request and attempt; by the order of scheduling
/// only if all of these are equal. So the order does not depend on which task happened to run
/// first.
public struct EventKey: Sendable, Hashable {
    /// The kinds of events, in their order at one instant. An answer at exactly the timeout is
    /// therefore in time.
    public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        /// Something arrives from the upstream.
        case delivery
        /// A fault or a time window begins or ends.
        case edge
        /// A waiting task continues.
        case wakeUp
        /// A time limit is reached.
        case timeout
        /// New work arrives.
        case arrival
    }

    /// The instant in nanoseconds since virtual time 0.
    public var instant: Int64
    /// The kind of the event; the first criterion at one instant.
    public var kind: Kind
    /// The client's number, from 0; the second criterion.
    public var client: UInt32
    /// The request's number, from 0; the third criterion.
    public var request: UInt64
    /// The attempt's number; the fourth criterion. Numbers above 65 535 are treated as equal.
    public var attempt: UInt32

    /// Makes a key. Client, request and attempt default to 0.
    @inlinable public init(
        _ instant: Int64, _ kind: Kind, client: UInt32 = 0, request: UInt64 = 0, attempt: UInt32 = 0
    ) {
        self.instant = instant
        self.kind = kind
        self.client = client
        self.request = request
        self.attempt = attempt
    }
}

extension EventKey: CustomStringConvertible {
    /// The key as text, such as `12.500000000 s wakeUp (client 0, request 17, attempt 1)`.
    public var description: String {
        "\(Simulation.seconds(instant)) \(kind) (client \(client), request \(request), attempt \(attempt))"
    }
}
