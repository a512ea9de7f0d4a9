/// The body is chunked, and the second chunk has an invalid length. The request takes effect.
public struct BadChunkFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension BadChunkFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.badChunk, usual)
    }
}
