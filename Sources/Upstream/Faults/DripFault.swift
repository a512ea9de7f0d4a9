/// The body arrives a few bytes at a time over an additional duration.
///
/// Status and header fields arrive as usual, so a client with a timeout for the first byte only is
/// held up for the whole body. Several drips that strike add up.
public struct DripFault: Sendable, Hashable {
    /// The distribution of the time from the first byte of the body to its last.
    public var distribution: Distribution
    /// Makes a drip with this distribution.
    public init(distribution: Distribution) { self.distribution = distribution }
}

extension DripFault: FaultEffect {
    static var isTerminal: Bool { false }
    var isBreakerFailure: Bool { false }
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending { .answer(usual) }
}
