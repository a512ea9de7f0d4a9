/// When something happens in virtual time, and which of two things at one instant comes first.
///
/// Ordered by instant, kind, client, request, attempt; by the order of scheduling only where all of
/// these are equal. So no order depends on which task happened to run first.
public struct EventKey: Sendable, Hashable {
    /// The kinds in the order in which they happen at one instant. An answer at exactly the timeout
    /// is therefore in time.
    public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        /// Something arrives from the upstream.
        case delivery
        /// A fault or a window begins or ends.
        case edge
        /// A task that waited goes on.
        case wakeUp
        /// A time limit is reached.
        case timeout
        /// New work arrives.
        case arrival
    }

    /// Nanoseconds since virtual time 0.
    public var instant: Int64
    /// What kind of event it is; decides first among those of one instant.
    public var kind: Kind
    /// The client's number, from 0; decides next.
    public var client: UInt32
    /// The request's number, from 0; decides next.
    public var request: UInt64
    /// The attempt's number; decides last. Above 65 535 all are equal.
    public var attempt: UInt32

    /// The key of an event; what is left out is 0.
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
    /// Such as `12.500000000 s wakeUp (client 0, request 17, attempt 1)`.
    public var description: String {
        "\(Simulation.seconds(instant)) \(kind) (client \(client), request \(request), attempt \(attempt))"
    }
}
