/// The request is accepted and never answered; only the client's timeout ends it.
public struct HangFault: Sendable, Hashable {
    /// The fault; there is nothing to set.
    public init() {}
}

extension HangFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .hang(beforeRequest: false)
    }
}
