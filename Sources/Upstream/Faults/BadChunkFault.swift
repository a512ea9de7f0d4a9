/// The body comes in chunks, the second of which announces a length that is no number. The request took
/// effect.
public struct BadChunkFault: Sendable, Hashable {
    /// The fault; there is nothing to set.
    public init() {}
}

extension BadChunkFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.badChunk, usual)
    }
}
