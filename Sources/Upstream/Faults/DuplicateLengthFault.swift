/// The answer announces two different lengths (RFC 9112 section 6.3: unrecoverable). The request took
/// effect.
public struct DuplicateLengthFault: Sendable, Hashable {
    /// The fault; there is nothing to set.
    public init() {}
}

extension DuplicateLengthFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.duplicateLength, usual)
    }
}
