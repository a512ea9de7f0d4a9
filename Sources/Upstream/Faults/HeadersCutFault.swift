/// The connection is closed between two header fields, before the blank line. The request takes
/// effect.
public struct HeadersCutFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension HeadersCutFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.headersCut, usual)
    }
}
