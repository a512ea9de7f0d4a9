public import Upstream

/// Decides what happens to each request.
///
/// It is called on the server's thread, or on the thread that calls ``MockUpstreamServer/turn()``.
/// No other request is served during the call.
public protocol ExchangeSource: Sendable {
    /// Decides what is to be done with a request.
    func performance(of request: ServedRequest) -> Performance

    /// Reports that an exchange hangs: its request has arrived, and no answer will be sent.
    /// Defaults to no action.
    func parked(_ token: UInt64)

    /// Reports the end of an exchange. Called exactly once for each performance. Defaults to no
    /// action.
    func ended(_ end: ExchangeEnd)
}

extension ExchangeSource {
    /// Does nothing.
    public func parked(_ token: UInt64) {}
    /// Does nothing.
    public func ended(_ end: ExchangeEnd) {}
}

/// A decision, with the way in which it is carried out.
public struct Performance: Sendable {
    /// The decision of the model.
    public var decision: Decision
    /// Whether the delays of the decision really pass.
    public var pace: Pace
    /// The source's identifier of the exchange; it is passed back to the source.
    public var token: UInt64

    /// Whether the delays of a decision really pass.
    public enum Pace: Sendable, Hashable {
        /// No delays pass. A hang is still held and reported.
        case atOnce
        /// The delay and the time of the body pass, counted from the request's arrival.
        case real
    }

    /// Makes a performance. The token defaults to 0.
    public init(decision: Decision, pace: Pace, token: UInt64 = 0) {
        (self.decision, self.pace, self.token) = (decision, pace, token)
    }
}

/// The end of an exchange.
public struct ExchangeEnd: Sendable, Hashable {
    /// The cause of the end.
    public enum Cause: Sendable, Hashable {
        /// The decision was carried out; its last byte was passed to the system.
        case performed
        /// The client closed the connection first, or stopped receiving.
        case clientLeft
        /// The server was stopped, or closed the connection to make room.
        case serverStopped
    }

    /// The token of the performance.
    public var token: UInt64
    /// The cause of the end.
    public var cause: Cause
    /// The instant of the request's arrival, in nanoseconds of ``MockUpstreamServer/now``.
    public var arrival: Int64
    /// The decided time from the arrival to the end in nanoseconds; 0 for a hang.
    public var decidedDelay: Int64
    /// The actual time from the arrival to the end in nanoseconds.
    public var delay: Int64
    /// The number of bytes that were passed to the system: of the body, or of the whole broken
    /// answer.
    public var bytes: Int
}
