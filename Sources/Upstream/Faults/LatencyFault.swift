/// Additional latency before the answer, which itself is unchanged. Several that strike add up.
public struct LatencyFault: Sendable, Hashable {
    /// The distribution of the additional latency.
    public var distribution: Distribution
    /// Makes a latency with this distribution.
    public init(distribution: Distribution) { self.distribution = distribution }
}

extension LatencyFault: FaultEffect {
    static var isTerminal: Bool { false }
    var isBreakerFailure: Bool { false }
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending { .answer(usual) }
}
