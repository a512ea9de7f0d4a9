/// Bytes that are not HTTP arrive instead of an answer. The request takes effect.
public struct GarbageFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension GarbageFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.garbage, usual)
    }
}
