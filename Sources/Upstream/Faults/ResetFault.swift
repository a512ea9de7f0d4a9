/// The connection is reset instead of an answer, after the latency that the answer would have had.
/// The request takes effect.
public struct ResetFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension ResetFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.reset, usual)
    }
}
