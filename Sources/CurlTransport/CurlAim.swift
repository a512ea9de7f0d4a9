/// Where a transfer connects to, and whether time limits apply, in addition to its request.
package struct CurlAim: Hashable, Sendable {
    /// A port of 127.0.0.1 to connect to instead of the request's host; nil (the default): the host
    /// itself. The request still carries the host's name, and the certificate is checked against
    /// it.
    package var loopbackPort: UInt16?
    /// Whether a new connection is made even if one is idle. Defaults to false.
    package var needsFreshConnection: Bool
    /// Whether the time limits of the configuration and the request apply. Defaults to true. If
    /// not, the caller has to cancel the transfer.
    package var hasTimeLimits: Bool

    package init(
        loopbackPort: UInt16? = nil, needsFreshConnection: Bool = false, hasTimeLimits: Bool = true
    ) {
        self.loopbackPort = loopbackPort
        self.needsFreshConnection = needsFreshConnection
        self.hasTimeLimits = hasTimeLimits
    }

    /// Connects as the request and the configuration say.
    package static let asAddressed = CurlAim()
}

/// Identifies a transfer of a loop until the transfer has ended.
package struct CurlTransferID: Hashable, Sendable {
    let slot: UInt32
    let generation: UInt64
}
