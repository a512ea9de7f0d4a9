/// The connection is closed in the middle of the body, in good order but short of the length that was
/// announced. The request took effect.
public struct TruncateFault: Sendable, Hashable {
    /// The fault; there is nothing to set.
    public init() {}
}

extension TruncateFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.truncated, usual)
    }
}
