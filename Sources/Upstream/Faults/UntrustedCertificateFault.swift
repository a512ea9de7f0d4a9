/// The upstream shows a certificate that nobody whom the client trusts has signed. No request is sent, so this fault has
/// neither scope nor probability.
public struct UntrustedCertificateFault: Sendable, Hashable {
    /// The fault; there is nothing to set.
    public init() {}
}

extension UntrustedCertificateFault: FaultEffect {
    var isBeforeRequest: Bool { true }

    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.untrusted, usual)
    }
}
