/// Decides how every attempt ends, and knows the true health of the upstream.
///
/// One model serves simulated and real runs; transports and servers only carry out its decisions.
/// Write a model to test against behaviour that ``FaultyUpstream`` cannot express: it needs
/// `decide` and `foresee`; the other requirements default to an upstream that is always healthy and
/// never changes.
///
/// A model is used by one thread at a time. Instants are nanoseconds of virtual time and never
/// decrease from one `decide` to the next.
public protocol UpstreamModel {
    /// Decides what happens to a request that arrives at `instant`.
    mutating func decide(_ request: ArrivedRequest, at instant: Int64) -> Decision

    /// The decision that `decide` would make, without changing any state. It is used for attempts
    /// that are never sent.
    func foresee(_ request: ArrivedRequest, at instant: Int64) -> Decision

    /// The probability that a request sent at `instant` counts as a breaker failure within the
    /// reference timeout, computed from the model's state. From 0 to 1; below 1/2 the upstream
    /// counts as healthy.
    mutating func failureProbability(_ request: ArrivedRequest, at instant: Int64) -> Double

    /// Whether `cause`, which affects `request` at `instant`, ends within `span` nanoseconds.
    mutating func clears(
        _ request: ArrivedRequest, of cause: PassingCause, from instant: Int64, within span: Int64
    ) -> Bool

    /// The next instant after `instant` at which the model changes by its schedule; nil: never
    /// again.
    func nextEdge(after instant: Int64) -> Int64?

    /// How busy the servers are at `instant`, by the attempts decided so far; nil if their number is not limited.
    /// For reports only. `instant` is not before the last attempt.
    func stationLoad(at instant: Int64) -> StationLoad?

    /// Whether an attempt may change the outcome of later attempts. If so, the upstream's health is
    /// evaluated after each attempt.
    var changesWithTraffic: Bool { get }

    /// Whether `decide` reads the header fields or the body of requests. They are composed only if
    /// it does, because that costs as much as the rest of an attempt. Read once, at the start.
    var readsContent: Bool { get }
}

/// A cause of failed attempts that may pass.
public enum PassingCause: Sendable, Hashable {
    /// Any result that the breaker counts as a failure.
    case failure
    /// A 408, which the breaker does not count.
    case requestTimeout
    /// A 429, which the breaker does not count.
    case rateLimit
}

/// How busy an upstream's servers are at one instant.
public struct StationLoad: Sendable, Hashable {
    /// Attempts that wait for a server.
    public var queue: Int
    /// Servers at work.
    public var busy: Int

    /// The load of a station.
    public init(queue: Int, busy: Int) { (self.queue, self.busy) = (queue, busy) }
}

extension UpstreamModel {
    /// nil, so the number of servers is not limited.
    public func stationLoad(at instant: Int64) -> StationLoad? { nil }

    /// 0, so the upstream is always healthy.
    public mutating func failureProbability(
        _ request: ArrivedRequest, at instant: Int64
    ) -> Double { 0 }

    /// true, so every cause passes.
    public mutating func clears(
        _ request: ArrivedRequest, of cause: PassingCause, from instant: Int64, within span: Int64
    ) -> Bool { true }

    /// nil, so the model never changes by a schedule.
    public func nextEdge(after instant: Int64) -> Int64? { nil }

    /// false, so attempts do not influence each other.
    public var changesWithTraffic: Bool { false }

    /// false, so only method and path are supplied.
    public var readsContent: Bool { false }
}
