/// The answer has a header field beyond what clients put up with. The request took effect.
public struct HugeHeadersFault: Sendable, Hashable {
    /// The fault; there is nothing to set.
    public init() {}
}

extension HugeHeadersFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.hugeHeaders, usual)
    }
}
