/// Bytes that are no HTTP come instead of an answer. The request took effect.
public struct GarbageFault: Sendable, Hashable {
    /// The fault; there is nothing to set.
    public init() {}
}

extension GarbageFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.garbage, usual)
    }
}
