/// The upstream presents an expired certificate.
///
/// No request is sent, so this fault has neither scope nor probability.
public struct ExpiredCertificateFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension ExpiredCertificateFault: FaultEffect {
    var isBeforeRequest: Bool { true }

    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.expired, usual)
    }
}
