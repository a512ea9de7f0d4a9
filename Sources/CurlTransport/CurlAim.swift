/// Where a transfer goes and by which time limits, beside what its request says.
package struct CurlAim: Hashable, Sendable {
    /// A port of 127.0.0.1 that is connected to instead of the request's host; its name still goes
    /// into the request and is what a certificate is checked for.
    package var loopbackPort: UInt16?
    /// Whether a connection is made for it, also where one is idle.
    package var needsFreshConnection: Bool
    /// Whether the configuration's time limits and the request's hold. Whoever keeps time themselves
    /// cancels.
    package var hasTimeLimits: Bool

    package init(
        loopbackPort: UInt16? = nil, needsFreshConnection: Bool = false, hasTimeLimits: Bool = true
    ) {
        self.loopbackPort = loopbackPort
        self.needsFreshConnection = needsFreshConnection
        self.hasTimeLimits = hasTimeLimits
    }

    /// As the request and the configuration say.
    package static let asAddressed = CurlAim()
}

/// A transfer of a loop, as long as it is under way; means nothing afterwards.
package struct CurlTransferID: Hashable, Sendable {
    let slot: UInt32
    let generation: UInt64
}
