/// The answer claims to be compressed, and what comes cannot be inflated. The request took effect.
public struct BadGzipFault: Sendable, Hashable {
    /// The fault; there is nothing to set.
    public init() {}
}

extension BadGzipFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.badGzip, usual)
    }
}
