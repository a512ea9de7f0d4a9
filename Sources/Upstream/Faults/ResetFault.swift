/// The connection is reset instead of an answer, after the latency that the answer would have had.
/// The request has reached the upstream and took effect.
public struct ResetFault: Sendable, Hashable {
    /// The fault; there is nothing to set.
    public init() {}
}

extension ResetFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.reset, usual)
    }
}
