/// Nobody listens: the connection is refused at once, before a method or a path is known, so this
/// fault has neither scope nor probability.
public struct RefuseFault: Sendable, Hashable {
    /// The fault; there is nothing to set.
    public init() {}
}

extension RefuseFault: FaultEffect {
    var isBeforeRequest: Bool { true }
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.refused, usual)
    }
}
