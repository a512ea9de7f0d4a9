/// The connection is refused at once, as if no process listened at the address.
///
/// Method and path are not known then, so this fault has neither scope nor probability.
public struct RefuseFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension RefuseFault: FaultEffect {
    var isBeforeRequest: Bool { true }
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.refused, usual)
    }
}
