public import Upstream

/// Who decides what becomes of each request: a driver of the upstream model.
///
/// Asked on the server's thread, or on the thread that calls ``MockUpstreamServer/turn()``; while it answers
/// nobody else is served.
public protocol ExchangeSource: Sendable {
    /// What is to be done with a request.
    func performance(of request: ServedRequest) -> Performance

    /// The exchange hangs: the request is there, the connection is open, and nothing will come.
    func parked(_ token: UInt64)

    /// Nothing more happens in this exchange. Comes exactly once for each performance.
    func ended(_ end: ExchangeEnd)
}

extension ExchangeSource {
    /// Not everybody wants to know.
    public func parked(_ token: UInt64) {}
    /// Not everybody wants to know.
    public func ended(_ end: ExchangeEnd) {}
}

/// A decision, and how it is to be carried out.
public struct Performance: Sendable {
    /// What the model decided.
    public var decision: Decision
    /// Whether its times are spent.
    public var pace: Pace
    /// How the source calls the exchange.
    public var token: UInt64

    /// Whether the times of a decision really pass.
    public enum Pace: Sendable, Hashable {
        /// No delay is spent; a hang is parked and reported.
        case atOnce
        /// The delay and the time of the body pass, from the request's arrival on.
        case real
    }

    /// A performance.
    public init(decision: Decision, pace: Pace, token: UInt64 = 0) {
        (self.decision, self.pace, self.token) = (decision, pace, token)
    }
}

/// How an exchange came out.
public struct ExchangeEnd: Sendable, Hashable {
    /// What ended it.
    public enum Cause: Sendable, Hashable {
        /// What was decided has been done, to the last byte handed to the system.
        case performed
        /// The client went away before that, or no longer took any bytes.
        case clientLeft
        /// The server was stopped, or cut the connection to make room.
        case serverStopped
    }

    /// As the performance calls the exchange.
    public var token: UInt64
    /// What ended it.
    public var cause: Cause
    /// When the request arrived, as ``MockUpstreamServer/now`` tells time.
    public var arrival: Int64
    /// From the arrival to the end, in nanoseconds, as decided; 0 for a hang.
    public var decidedDelay: Int64
    /// The same, as it was.
    public var delay: Int64
    /// Bytes of a body that were handed to the system, or of a whole broken answer.
    public var bytes: Int
}
