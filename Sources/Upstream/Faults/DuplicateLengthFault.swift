/// The answer has two different `Content-Length` values, which is an unrecoverable error (RFC 9112
/// section 6.3). The request takes effect.
public struct DuplicateLengthFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension DuplicateLengthFault: FaultEffect {
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.duplicateLength, usual)
    }
}
