/// Extra time before the answer. Several that apply add up; the answer itself stays as it is.
public struct LatencyFault: Sendable, Hashable {
    /// How much is added.
    public var distribution: Distribution
    /// A latency by a distribution.
    public init(distribution: Distribution) { self.distribution = distribution }
}

extension LatencyFault: FaultEffect {
    static var isTerminal: Bool { false }
    var isBreakerFailure: Bool { false }
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending { .answer(usual) }
}
