/// The upstream presents a certificate that is not signed by an authority that the client trusts.
///
/// No request is sent, so this fault has neither scope nor probability.
public struct UntrustedCertificateFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension UntrustedCertificateFault: FaultEffect {
    var isBeforeRequest: Bool { true }

    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.untrusted, usual)
    }
}
