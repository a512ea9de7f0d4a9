/// The connection is reset after the status, the header fields and half of the body. The request
/// takes effect.
public struct ResetMidBodyFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension ResetMidBodyFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.resetMidBody, usual)
    }
}
