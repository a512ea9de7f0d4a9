/// Decides the fate of every attempt, and knows the truth about it.
///
/// One model serves all modes; transports and servers only carry out what it decides. Write your own
/// to fly against something that ``FaultyUpstream`` cannot say. A model is used by one thread at a
/// time. All instants are nanoseconds of virtual time and never fall from one `decide` to the next.
public protocol UpstreamModel {
    /// Decides what happens to a request that arrives at `instant`.
    mutating func decide(_ request: ArrivedRequest, at instant: Int64) -> Decision

    /// What `decide` would say, without changing anything: the fate of an attempt never sent.
    func foresee(_ request: ArrivedRequest, at instant: Int64) -> Decision

    /// The probability, by the model's own state, that a request sent at `instant` would fail in the
    /// eyes of a breaker within the reference timeout. 0 to 1; below 1/2 is called healthy.
    mutating func failureProbability(_ request: ArrivedRequest, at instant: Int64) -> Double

    /// Whether what makes `request` fail at `instant` clears within `span` nanoseconds.
    mutating func clears(_ request: ArrivedRequest, from instant: Int64, within span: Int64) -> Bool

    /// The next instant after `instant` at which the model's rules change by its schedule; nil: never.
    func nextEdge(after instant: Int64) -> Int64?
}
