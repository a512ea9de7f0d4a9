/// The connection is closed between two header fields, before the blank line. The request took effect.
public struct HeadersCutFault: Sendable, Hashable {
    /// The fault; there is nothing to set.
    public init() {}
}

extension HeadersCutFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.headersCut, usual)
    }
}
