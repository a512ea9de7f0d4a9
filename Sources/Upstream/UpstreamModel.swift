/// Decides the fate of every attempt, and knows the truth about it.
///
/// One model serves all modes; transports and servers only carry out what it decides. Write your own
/// to fly against something that ``FaultyUpstream`` cannot say. A model is used by one thread at a
/// time. All instants are nanoseconds of virtual time and never fall from one `decide` to the next.
///
/// A model of your own needs `decide` and `foresee`; the rest has answers for an upstream that is always
/// healthy and never changes by a schedule.
public protocol UpstreamModel {
    /// Decides what happens to a request that arrives at `instant`.
    mutating func decide(_ request: ArrivedRequest, at instant: Int64) -> Decision

    /// What `decide` would say, without changing anything: the fate of an attempt never sent.
    func foresee(_ request: ArrivedRequest, at instant: Int64) -> Decision

    /// The probability, by the model's own state, that a request sent at `instant` would fail in the
    /// eyes of a breaker within the reference timeout. 0 to 1; below 1/2 is called healthy.
    mutating func failureProbability(_ request: ArrivedRequest, at instant: Int64) -> Double

    /// Whether what makes `request` fail at `instant` clears within `span` nanoseconds.
    mutating func clears(
        _ request: ArrivedRequest, of cause: PassingCause, from instant: Int64, within span: Int64
    ) -> Bool

    /// The next instant after `instant` at which the model's rules change by its schedule; nil: never.
    func nextEdge(after instant: Int64) -> Int64?

    /// Whether attempts change what the next ones are up to, so that health is looked at after each.
    var changesWithTraffic: Bool { get }

    /// Whether `decide` looks at the fields or the body of requests. They are put together for a model
    /// that says so, because that costs as much as the rest of an attempt. Asked once, at the start.
    var readsContent: Bool { get }
}

/// What an attempt may fail of, and the next one not.
public enum PassingCause: Sendable, Hashable {
    /// Anything that is a failure to a breaker.
    case failure
    /// A 408, which no breaker counts.
    case requestTimeout
    /// A 429.
    case rateLimit
}

extension UpstreamModel {
    /// 0: always healthy.
    public mutating func failureProbability(
        _ request: ArrivedRequest, at instant: Int64
    ) -> Double { 0 }

    /// Always.
    public mutating func clears(
        _ request: ArrivedRequest, of cause: PassingCause, from instant: Int64, within span: Int64
    ) -> Bool { true }

    /// Never.
    public func nextEdge(after instant: Int64) -> Int64? { nil }

    /// No.
    public var changesWithTraffic: Bool { false }

    /// No: method and path are enough.
    public var readsContent: Bool { false }
}
