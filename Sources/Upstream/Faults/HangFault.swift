/// The request is accepted and never answered, so the attempt ends with the client's timeout.
public struct HangFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension HangFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .hang(beforeRequest: false)
    }
}
