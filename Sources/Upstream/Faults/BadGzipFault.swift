/// The answer is marked as gzip, but its body cannot be decompressed. The request takes effect.
public struct BadGzipFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension BadGzipFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.badGzip, usual)
    }
}
