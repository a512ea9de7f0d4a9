/// The body trickles in, a few bytes at a time, over an extra time. Status and fields come as usual, so
/// a client that waits only for the first byte is held for the whole body. Adds up like latency.
public struct DripFault: Sendable, Hashable {
    /// From the first byte of the body to its last.
    public var distribution: Distribution
    /// A trickle by a distribution.
    public init(distribution: Distribution) { self.distribution = distribution }
}

extension DripFault: FaultEffect {
    static var isTerminal: Bool { false }
    var isBreakerFailure: Bool { false }
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending { .answer(usual) }
}
