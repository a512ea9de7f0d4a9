/// The upstream presents a certificate for another host.
///
/// No request is sent, so this fault has neither scope nor probability.
public struct WrongHostCertificateFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension WrongHostCertificateFault: FaultEffect {
    var isBeforeRequest: Bool { true }

    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.wrongHost, usual)
    }
}
