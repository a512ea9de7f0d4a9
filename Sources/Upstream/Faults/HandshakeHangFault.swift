/// The connection comes about, but the TLS handshake is never answered; only the client's timeout ends
/// it. No request is sent, so this fault has neither scope nor probability.
public struct HandshakeHangFault: Sendable, Hashable {
    /// The fault; there is nothing to set.
    public init() {}
}

extension HandshakeHangFault: FaultEffect {
    var isBeforeRequest: Bool { true }

    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .hang(beforeRequest: true)
    }
}
