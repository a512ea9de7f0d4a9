/// The TCP connection is established, but the TLS handshake is never answered, so the attempt ends
/// with the client's timeout.
///
/// No request is sent, so this fault has neither scope nor probability.
public struct HandshakeHangFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension HandshakeHangFault: FaultEffect {
    var isBeforeRequest: Bool { true }

    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .hang(beforeRequest: true)
    }
}
