/// The connection is reset in the middle of the body: a status and fields have come, half of the body
/// too. The request took effect.
public struct ResetMidBodyFault: Sendable, Hashable {
    /// The fault; there is nothing to set.
    public init() {}
}

extension ResetMidBodyFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.resetMidBody, usual)
    }
}
