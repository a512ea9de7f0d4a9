import KeyedChance
import Testing

@testable import Upstream

/// A distribution whose moments and some of whose quantiles are known on paper.
struct MomentCase: Sendable, CustomTestStringConvertible {
    var name: String
    var distribution: Distribution
    /// Shares, and the durations below which they lie.
    var quantiles: [(share: Double, value: Int64)]
    var testDescription: String { name }

    static let all = [
        MomentCase(
            name: "uniform", distribution: .uniform(from: 10 * ms, to: 30 * ms),
            quantiles: [(0.5, 20 * ms), (0.99, 29_800_000), (0.1, 12 * ms)]),
        // -ln(1/2) and -ln(1/100) times the mean.
        MomentCase(
            name: "exponential", distribution: .exponential(mean: 25 * ms),
            quantiles: [(0.5, 17_328_680), (0.99, 115_129_255)]),
        MomentCase(
            name: "lognormal", distribution: .lognormal(median: 40 * ms, p99: 80 * ms),
            quantiles: [(0.5, 40 * ms), (0.99, 80 * ms), (0.01, 20 * ms)]),
        // 2^(1/12) and 100^(1/12) times the smallest.
        MomentCase(
            name: "pareto", distribution: .pareto(min: 10 * ms, alpha: 12),
            quantiles: [(0.5, 10_594_631), (0.99, 14_677_993)]),
        MomentCase(
            name: "mixture",
            distribution: .mixture([
                .init(share: Ratio(9, of: 10), distribution: .uniform(from: 0, to: 90 * ms)),
                .init(share: Ratio(1, of: 20), distribution: .fixed(100 * ms)),
                .init(
                    share: Ratio(1, of: 20), distribution: .uniform(from: 110 * ms, to: 210 * ms)),
            ]),
            quantiles: [(0.5, 50 * ms), (0.95, 100 * ms), (0.99, 190 * ms)]),
        MomentCase(
            name: "empirical",
            distribution: .empirical([
                .init(share: Ratio(1, of: 2), upto: 20 * ms),
                .init(share: Ratio(2, of: 5), upto: 50 * ms),
                .init(share: Ratio(1, of: 10), upto: 150 * ms),
            ]),
            quantiles: [(0.25, 10 * ms), (0.5, 20 * ms), (0.9, 50 * ms), (0.99, 140 * ms)]),
    ]
}

extension Distribution {
    /// The mean of the `k`-th power, in milliseconds to that power; a Pareto distribution's alpha is above
    /// `k`.
    func moment(_ k: Int) -> Double {
        func power(_ x: Double, _ k: Int) -> Double { (0..<k).reduce(1) { power, _ in power * x } }
        func uniform(_ a: Double, _ b: Double) -> Double {
            (power(b, k + 1) - power(a, k + 1)) / (Double(k + 1) * (b - a))
        }
        let unit = Double(ms)
        let order = Double(k)
        switch self {
        case .fixed(let duration): return power(Double(duration) / unit, k)
        case .uniform(let from, let to): return uniform(Double(from) / unit, Double(to) / unit)
        case .exponential(let mean):
            return power(Double(mean) / unit, k) * (1...k).reduce(1) { $0 * Double($1) }
        case .lognormal(let median, let p99):
            // 2.326347874... is the normal quantile of 99 %.
            let sigma = ExactMath.log(Double(p99) / Double(median)) / 2.3263478740408408
            return power(Double(median) / unit, k)
                * ExactMath.exp(order * order * sigma * sigma / 2)
        case .pareto(let least, let alpha):
            return alpha / (alpha - order) * power(Double(least) / unit, k)
        case .mixture(let components):
            return components.reduce(0) { $0 + $1.share.double * $1.distribution.moment(k) }
        case .empirical(let bins):
            return bins.indices.reduce(0) { sum, index in
                let from = index == 0 ? 0 : Double(bins[index - 1].upto) / unit
                return sum + bins[index].share.double
                    * uniform(from, Double(bins[index].upto) / unit)
            }
        }
    }
}

/// Each comparison has the false-alarm probability of `Bounds`; draws are independent.
@Suite struct DistributionMomentTests {
    private static let count = 20_000

    private func draws(_ distribution: Distribution) -> [Int64] {
        let sampler = DistributionSampler(distribution)
        let stream = Chance.Stream("test.moments")
        return (0..<UInt64(Self.count)).map { request in
            var chance = Chance(seed: 8, stream: stream, request: request)
            return sampler.sample(&chance)
        }
    }

    @Test(arguments: MomentCase.all) func aLawKnowsItsMean(item: MomentCase) {
        let mean = item.distribution.moment(1) * Double(ms)
        #expect(abs(item.distribution.mean - mean) <= 1e-9 * mean)
    }

    @Test func aMeanIsNoLongerThanWhatIsDrawn() {
        for alpha in [0.5, 1, 1.0000000001] {
            #expect(
                Distribution.pareto(min: second, alpha: alpha).mean
                    == Double(DistributionSampler.longest))
        }
        #expect(
            Distribution.lognormal(median: second, p99: .max).mean
                == Double(DistributionSampler.longest))
        #expect(
            Distribution.lognormal(median: 7, p99: 7).mean == 7 && Distribution.fixed(3).mean == 3)
    }

    @Test(arguments: MomentCase.all) func meanAndVarianceAreTheDistributions(item: MomentCase) {
        let values = draws(item.distribution).map { Double($0) / Double(ms) }
        let count = Double(values.count)
        let mean = item.distribution.moment(1)
        let variance = item.distribution.moment(2) - mean * mean
        let found = values.reduce(0, +) / count
        #expect(abs(found - mean) <= Bounds.z * (variance / count).squareRoot())
        // The fourth moment about the mean bounds how far the variance of a sample may be off.
        let third = item.distribution.moment(3)
        let fourth =
            item.distribution.moment(4) - 4 * mean * third + 6 * mean * mean
            * item.distribution.moment(2)
            - 3 * mean * mean * mean * mean
        let spread = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        let bound = Bounds.z * ((fourth - variance * variance) / count).squareRoot()
        #expect(abs(spread - variance) <= bound)
        #expect(bound < 0.2 * variance)
    }

    @Test(arguments: MomentCase.all) func quantilesAreTheDistributions(item: MomentCase) {
        let values = draws(item.distribution)
        let sampler = DistributionSampler(item.distribution)
        for (share, value) in item.quantiles {
            #expect(abs(1 - sampler.exceeding(value) - share) < 1e-6)
            let below = Double(values.count { $0 <= value }) / Double(values.count)
            #expect(abs(below - share) <= Bounds.share(share, of: values.count), "\(share)")
        }
    }
}
