/// The connection is closed without any byte of an answer. The request takes effect.
public struct EmptyFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension EmptyFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.empty, usual)
    }
}
