import KeyedChance

extension Distribution {
    /// The mean in nanoseconds, at most ``DistributionSampler/longest``, also if it is infinite.
    ///
    /// For a lognormal distribution it is exp(mu + sigma^2 / 2), for a Pareto distribution with
    /// alpha above 1 it is min alpha / (alpha - 1).
    package var mean: Double { min(unlimitedMean, Double(DistributionSampler.longest)) }

    private var unlimitedMean: Double {
        switch self {
        case .fixed(let duration): return Double(duration)
        case .uniform(let from, let to): return (Double(from) + Double(to)) / 2
        case .exponential(let mean): return Double(mean)
        case .lognormal(let median, let p99):
            guard median > 0 && p99 > median else { return Double(median) }
            let sigma =
                ExactMath.log(Double(p99) / Double(median)) / ExactMath.normalQuantile(0.99)
            return Double(median) * ExactMath.exp(sigma * sigma / 2)
        case .pareto(let min, let alpha):
            return alpha > 1 ? Double(min) * alpha / (alpha - 1) : .infinity
        case .mixture(let components):
            return components.reduce(0) { $0 + $1.share.double * $1.distribution.mean }
        case .empirical(let bins):
            var (sum, above) = (0.0, 0.0)
            for bin in bins {
                sum += bin.share.double * (above + Double(bin.upto)) / 2
                above = Double(bin.upto)
            }
            return sum
        }
    }
}
