/// The connection is closed regularly in the middle of the body, before the announced length. The
/// request takes effect.
public struct TruncateFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension TruncateFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.truncated, usual)
    }
}
