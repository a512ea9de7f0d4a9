public import KeyedChance

/// A distribution of durations in whole nanoseconds, 0 or more.
public indirect enum Distribution: Sendable, Hashable {
    /// Every draw gives this duration.
    case fixed(Int64)
    /// Every duration from `from` to `to`, both included, is equally likely.
    case uniform(from: Int64, to: Int64)
    /// The exponential distribution with this mean.
    case exponential(mean: Int64)
    /// The lognormal distribution with this 50th and 99th percentile; `p99` is above `median`.
    case lognormal(median: Int64, p99: Int64)
    /// The Pareto distribution: P(X > x) = (min / x)^alpha for x of at least `min`; `alpha` is
    /// above 0.
    case pareto(min: Int64, alpha: Double)
    /// One of several distributions, chosen by their shares, which add up to 1.
    case mixture([Component])
    /// A histogram. Within a bin, from the end of the previous one to `upto`, all durations are
    /// equally likely. The ends increase, and the shares add up to 1.
    case empirical([Bin])

    /// One distribution of a mixture.
    public struct Component: Sendable, Hashable {
        /// The probability of this distribution, 0 to 1.
        public var share: Ratio
        /// The distribution that a draw is then made from.
        public var distribution: Distribution
        /// Makes a component of a distribution and its share.
        public init(share: Ratio, distribution: Distribution) {
            (self.share, self.distribution) = (share, distribution)
        }
    }

    /// A bin of a histogram.
    public struct Bin: Sendable, Hashable {
        /// The probability that a duration falls into the bin, 0 to 1.
        public var share: Ratio
        /// The bin's upper end in nanoseconds, which belongs to the bin.
        public var upto: Int64
        /// Makes a bin of its share and its upper end.
        public init(share: Ratio, upto: Int64) { (self.share, self.upto) = (share, upto) }
    }
}
