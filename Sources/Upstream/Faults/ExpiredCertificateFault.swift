/// The upstream shows a certificate whose time is over. No request is sent, so this fault has
/// neither scope nor probability.
public struct ExpiredCertificateFault: Sendable, Hashable {
    /// The fault; there is nothing to set.
    public init() {}
}

extension ExpiredCertificateFault: FaultEffect {
    var isBeforeRequest: Bool { true }

    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .broken(.expired, usual)
    }
}
