public import KeyedChance

/// A distribution of durations. All durations are whole nanoseconds, 0 or more.
public indirect enum Distribution: Sendable, Hashable {
    /// Always the same.
    case fixed(Int64)
    /// Every duration from `from` to `to`, both included, equally likely.
    case uniform(from: Int64, to: Int64)
    /// Memoryless, with this mean.
    case exponential(mean: Int64)
    /// The logarithm is normal; given by its 50th and 99th percentile, `p99` above `median`.
    case lognormal(median: Int64, p99: Int64)
    /// A heavy tail: P(X > x) = (min / x)^alpha, `alpha` above 0.
    case pareto(min: Int64, alpha: Double)
    /// One of several distributions, each with its share; the shares add up to 1.
    case mixture([Component])
    /// A measured histogram: each bin's durations, from the bin before up to `upto`, equally likely.
    /// Bins rise; the shares add up to 1.
    case empirical([Bin])

    /// A distribution of a mixture.
    public struct Component: Sendable, Hashable {
        /// How often it is this one, 0 to 1.
        public var share: Ratio
        /// The distribution that then holds.
        public var distribution: Distribution
        /// A distribution and its share.
        public init(share: Ratio, distribution: Distribution) {
            (self.share, self.distribution) = (share, distribution)
        }
    }

    /// A bin of a measured histogram.
    public struct Bin: Sendable, Hashable {
        /// How often a duration falls into the bin, 0 to 1.
        public var share: Ratio
        /// The bin's upper end, in nanoseconds.
        public var upto: Int64
        /// A bin and its share.
        public init(share: Ratio, upto: Int64) { (self.share, self.upto) = (share, upto) }
    }
}
