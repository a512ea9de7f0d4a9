/// The connection is closed without a single byte of an answer. The request took effect.
public struct EmptyFault: Sendable, Hashable {
    /// The fault; there is nothing to set.
    public init() {}
}

extension EmptyFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.empty, usual)
    }
}
