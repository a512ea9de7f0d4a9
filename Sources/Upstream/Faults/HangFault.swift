/// The request is accepted and never answered; only the client's timeout ends it.
public struct HangFault: Sendable, Hashable {
    public init() {}
}
