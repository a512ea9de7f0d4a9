/// The answer has a header field larger than clients accept. The request takes effect.
public struct HugeHeadersFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension HugeHeadersFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.hugeHeaders, usual)
    }
}
