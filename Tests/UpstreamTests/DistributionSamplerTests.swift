import KeyedChance
import Testing

@testable import Upstream

private let s = second

/// One distribution of each kind, with its mean in nanoseconds.
struct DistributionCase: Sendable, CustomTestStringConvertible {
    var name: String
    var distribution: Distribution
    var mean: Double
    var testDescription: String { name }

    static let all = [
        DistributionCase(name: "fixed", distribution: .fixed(40 * ms), mean: 40e6),
        DistributionCase(
            name: "uniform", distribution: .uniform(from: 10 * ms, to: 30 * ms), mean: 20e6),
        DistributionCase(name: "small uniform", distribution: .uniform(from: 0, to: 3), mean: 1.5),
        DistributionCase(
            name: "exponential", distribution: .exponential(mean: 25 * ms), mean: 25e6),
        // Mostly 0, 1 and 2 ns: rounding shows. The sum of e^(-(k + 1/2) / 2).
        DistributionCase(
            name: "small exponential", distribution: .exponential(mean: 2), mean: 1.979_317_581_651),
        // sigma = ln 4.5 / 2.3263...; median * e^(sigma^2 / 2).
        DistributionCase(
            name: "lognormal", distribution: .lognormal(median: 40 * ms, p99: 180 * ms),
            mean: 49_298_150),
        DistributionCase(name: "pareto", distribution: .pareto(min: 10 * ms, alpha: 3), mean: 15e6),
        DistributionCase(
            name: "mixture",
            distribution: .mixture([
                .init(share: Ratio(90, of: 100), distribution: .exponential(mean: 10 * ms)),
                .init(share: Ratio(1, of: 20), distribution: .fixed(50 * ms)),
                .init(
                    share: Ratio(1, of: 20),
                    distribution: .mixture([
                        .init(share: Ratio(1, of: 3), distribution: .fixed(90 * ms)),
                        .init(
                            share: Ratio(2, of: 3),
                            distribution: .uniform(from: 100 * ms, to: 200 * ms)),
                    ])),
            ]),
            mean: 9e6 + 2.5e6 + 0.05 * (30e6 + 100e6)),
        DistributionCase(
            name: "empirical",
            distribution: .empirical([
                .init(share: Ratio(1, of: 2), upto: 10), .init(share: Ratio(1, of: 4), upto: 11),
                .init(share: Ratio(1, of: 4), upto: 31),
            ]),
            mean: 2.5 + 11.0 / 4 + 21.5 / 4),
    ]
}

@Suite struct DistributionSamplerTests {
    private let stream = Chance.Stream("law")

    /// One draw for each of `count` requests, as an upstream draws.
    private func draws(_ distribution: Distribution, _ count: Int, seed: UInt64 = 1) -> [Int64] {
        let sampler = DistributionSampler(distribution)
        return (0..<UInt64(count)).map { request in
            var chance = Chance(seed: seed, stream: stream, request: request)
            return sampler.sample(&chance)
        }
    }

    // MARK: The distributions

    /// Kolmogorov and Smirnov: at most 1.95 / sqrt(n) in 999 of 1,000 samples; the seed is fixed.
    @Test(arguments: DistributionCase.all) func drawsFollowTheirDistribution(item: DistributionCase)
    {
        let sampler = DistributionSampler(item.distribution)
        let sorted = draws(item.distribution, 20_000).sorted()
        var distance = 0.0
        for (index, value) in sorted.enumerated() {
            // Of equal draws the last says how many are up to it, the first how many are below.
            if index + 1 == sorted.count || sorted[index + 1] != value {
                let share = Double(index + 1) / Double(sorted.count)
                distance = max(distance, abs(share - (1 - sampler.exceeding(value))))
            }
            if index == 0 || sorted[index - 1] != value {
                let share = Double(index) / Double(sorted.count)
                distance = max(distance, abs(share - (1 - sampler.exceeding(value - 1))))
            }
        }
        #expect(distance < 1.95 / Double(sorted.count).squareRoot())
    }

    @Test(arguments: DistributionCase.all) func drawsHaveTheMeanOfTheirDistribution(
        item: DistributionCase
    ) {
        let values = draws(item.distribution, 40_000, seed: 2).map(Double.init)
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        let error = (variance / Double(values.count)).squareRoot()
        #expect(abs(mean - item.mean) <= 4 * error + item.mean * 1e-4)
    }

    /// Closed forms, evaluated elsewhere. A draw exceeds x when the duration is x + 1/2 or more.
    @Test(
        arguments: [
            (.fixed(5), 4, 1), (.fixed(5), 5, 0),
            (.uniform(from: 10, to: 19), 9, 1), (.uniform(from: 10, to: 19), 10, 0.9),
            (.uniform(from: 10, to: 19), 18, 0.1), (.uniform(from: 10, to: 19), 19, 0),
            (.uniform(from: 0, to: .max), 0, 1),
            (.exponential(mean: s), s, 0.367879440987503),
            (.exponential(mean: s), 10 * s, 4.53999297397849e-5),
            (.exponential(mean: 2), 0, 0.7788007830714049),
            (.exponential(mean: 2), 1, 0.4723665527410147),
            (.lognormal(median: 40 * ms, p99: 180 * ms), 40 * ms - 1, 0.5),
            (.lognormal(median: 40 * ms, p99: 180 * ms), 180 * ms - 1, 0.01),
            (.lognormal(median: 100, p99: 10_000), 1_000, 0.122328260826035),
            (.pareto(min: ms, alpha: 2), ms - 1, 1), (.pareto(min: ms, alpha: 2), 10 * ms, 0.01),
            (.pareto(min: s, alpha: 0.5), 100 * s, 0.1),
            (.pareto(min: s, alpha: 1), 1_000 * s, 0.001),
        ] as [(Distribution, Int64, Double)])
    func theProbabilityToExceedHasItsClosedForm(distribution: Distribution, x: Int64, truth: Double)
    {
        #expect(
            abs(DistributionSampler(distribution).exceeding(x) - truth) <= truth * 2e-5
                * (truth < 1 ? 1 : 0))
    }

    @Test(arguments: DistributionCase.all) func theProbabilityToExceedFallsFromOneToZero(
        item: DistributionCase
    ) {
        let sampler = DistributionSampler(item.distribution)
        var last = 1.0
        #expect(sampler.exceeding(.min) == 1)
        #expect(sampler.exceeding(-1) == 1)
        for step in 0..<400 as Range<Int64> {
            let probability = sampler.exceeding(step * ms)
            #expect(probability >= 0 && probability <= last)
            last = probability
        }
        #expect(sampler.exceeding(DistributionSampler.longest) == 0)
        #expect(sampler.exceeding(.max) == 0)
    }

    @Test func theStatedPercentilesOfALognormalLawAreMet() {
        let sorted = draws(.lognormal(median: 40 * ms, p99: 180 * ms), 40_000, seed: 3).sorted()
        // A standard deviation of the share is 0.25 % at the median and 0.05 % at the 99th.
        let belowMedian = sorted.count { $0 < 40 * ms }
        let abovep99 = sorted.count { $0 > 180 * ms }
        #expect(abs(belowMedian - 20_000) < 400)
        #expect(abs(abovep99 - 400) < 80)
    }

    /// These numbers are in every trace that was ever written: they must not change.
    @Test func theDrawsOfAnIdentityNeverChange() {
        let expected: [String: [Int64]] = [
            "fixed": [40_000_000, 40_000_000, 40_000_000, 40_000_000],
            "uniform": [11_308_511, 19_789_972, 16_414_721, 25_948_092],
            "small uniform": [0, 1, 1, 3],
            "exponential": [68_171_049, 17_859_342, 28_428_420, 5_659_827],
            "small exponential": [5, 1, 2, 0],
            "lognormal": [15_061_116, 39_324_925, 29_601_454, 68_514_867],
            "pareto": [24_817_087, 12_688_672, 14_608_896, 10_783_848],
            "mixture": [8_061_104, 781_119, 18_291_796, 8_610_626],
            "empirical": [4, 10, 1, 20],
        ]
        for item in DistributionCase.all {
            #expect(draws(item.distribution, 4, seed: 42) == expected[item.name], "\(item.name)")
        }
    }

    // MARK: Shares

    @Test func eachLawOfAMixtureIsPickedByItsShare() {
        let shares = [
            Ratio(1, of: 2), Ratio(1, of: 3), Ratio(0, of: 1), Ratio(1, of: 7), Ratio(1, of: 42),
        ]
        let distribution = Distribution.mixture(
            shares.enumerated().map { index, share in
                .init(share: share, distribution: .fixed(Int64(index)))
            })
        let values = draws(distribution, 42_000, seed: 4)
        for (index, share) in shares.enumerated() {
            let expected = share.double * 42_000
            let deviation = (expected * (1 - share.double)).squareRoot()
            let count = values.count { $0 == Int64(index) }
            #expect(abs(Double(count) - expected) <= 4 * deviation)
        }
    }

    @Test func aShareOfABillionthIsKeptExactly() {
        let sampler = DistributionSampler(
            .mixture([
                .init(share: Ratio(999_999_999, of: 1_000_000_000), distribution: .fixed(1)),
                .init(share: Ratio(1, of: 1_000_000_000), distribution: .fixed(2)),
            ]))
        #expect(sampler.alternatives.map(\.tickets) == [999_999_999, 1_000_000_000])
        #expect(sampler.exceeding(1) == 1e-9)
    }

    @Test func sharesWithoutACommonDenominatorIn64BitsAreRounded() {
        let primes: [UInt64] = [
            4_294_967_291, 4_294_967_279, 4_294_967_231, 4_294_967_197, 4_294_967_189,
        ]
        let rare = primes.map {
            Distribution.Component(share: Ratio(1, of: $0), distribution: .fixed(2))
        }
        let common = Distribution.Component(
            share: Ratio(primes[0] - 5, of: primes[0]), distribution: .fixed(1))
        let sampler = DistributionSampler(.mixture(rare + [common]))
        #expect(abs(sampler.exceeding(1) / (5 / 4_294_967_291) - 1) < 0.01)
        var chance = Chance(seed: 1, stream: stream)
        let draw = sampler.sample(&chance)
        #expect(draw == 1)
    }

    @Test func aBinHoldsWhatIsAboveTheBinBeforeUpToItsEnd() {
        let distribution = Distribution.empirical([
            .init(share: Ratio(1, of: 4), upto: 2), .init(share: Ratio(1, of: 4), upto: 3),
            .init(share: Ratio(1, of: 2), upto: 5),
        ])
        let sampler = DistributionSampler(distribution)
        let probabilities = (0...5).map { sampler.exceeding($0 - 1) - sampler.exceeding($0) }
        let truth = [1 / 12.0, 1 / 12.0, 1 / 12.0, 0.25, 0.25, 0.25]
        #expect(zip(probabilities, truth).allSatisfy { abs($0 - $1) < 1e-15 })
        #expect(Set(draws(distribution, 500)) == Set(0...5))
    }

    // MARK: Extremes

    @Test(
        arguments: [
            .fixed(-1), .fixed(.min), .fixed(.max), .uniform(from: .min, to: .max),
            .uniform(from: 0, to: .max), .uniform(from: 9, to: 3), .uniform(from: .max, to: .max),
            .exponential(mean: 0), .exponential(mean: -5), .exponential(mean: .max),
            .lognormal(median: 0, p99: 0), .lognormal(median: 5, p99: 5),
            .lognormal(median: 5, p99: 1),
            .lognormal(median: -5, p99: 5), .lognormal(median: 1, p99: .max),
            .lognormal(median: .max - 1, p99: .max),
            .pareto(min: 0, alpha: 1), .pareto(min: 5, alpha: 0),
            .pareto(min: 5, alpha: -1), .pareto(min: 5, alpha: .nan),
            .pareto(min: 5, alpha: .infinity),
            .pareto(min: 5, alpha: 1e-300), .pareto(min: 5, alpha: .leastNonzeroMagnitude),
            .pareto(min: .max, alpha: 1),
            .mixture([]), .empirical([]), .mixture([.init(share: .zero, distribution: .fixed(7))]),
            .mixture([
                .init(share: Ratio(.max, of: 1), distribution: .fixed(7)),
                .init(share: .one, distribution: .fixed(8)),
            ]),
            .empirical([.init(share: .one, upto: .max)]), .empirical([.init(share: .one, upto: 0)]),
            .empirical([.init(share: .one, upto: -5), .init(share: .one, upto: .min)]),
            .empirical([.init(share: .one, upto: 9), .init(share: .one, upto: 3)]),
        ] as [Distribution])
    func aDrawIsNeverNegativeNorLongerThanTheLongest(distribution: Distribution) {
        let sampler = DistributionSampler(distribution)
        for value in draws(distribution, 300) {
            #expect(value >= 0 && value <= DistributionSampler.longest)
            // What happens is not impossible, and what is certain happens.
            #expect(sampler.exceeding(value - 1) > 0)
            #expect(sampler.exceeding(value) < 1)
        }
        for x in [0, 1, ms, s, DistributionSampler.longest - 1, .max] {
            let probability = sampler.exceeding(x)
            #expect(probability >= 0 && probability <= 1)
        }
        let sum = DistributionSampler.sumExceeding(
            [sampler, sampler, sampler], DistributionSampler.longest)
        #expect(sum >= 0 && sum <= 1)
    }

    @Test func whatBreaksALawsRulesHasNoSpread() {
        #expect(Set(draws(.lognormal(median: 5, p99: 1), 50)) == [5])
        #expect(Set(draws(.pareto(min: 5, alpha: 0), 50)) == [5])
        #expect(Set(draws(.mixture([]), 50)) == [0])
        #expect(Set(draws(.fixed(-3), 50)) == [0])
        #expect(Set(draws(.fixed(.max), 50)) == [DistributionSampler.longest])
    }

    // MARK: Sums

    @Test func aSumWithoutChanceIsExact() {
        let distributions = [DistributionSampler(.fixed(3)), DistributionSampler(.fixed(4))]
        #expect(DistributionSampler.sumExceeding(distributions, 6) == 1)
        #expect(DistributionSampler.sumExceeding(distributions, 7) == 0)
        #expect(DistributionSampler.sumExceeding([], 0) == 0)
        #expect(DistributionSampler.sumExceeding([], -1) == 1)
        let longest = [DistributionSampler](
            repeating: DistributionSampler(.fixed(.max)), count: 100)
        #expect(DistributionSampler.sumExceeding(longest, .max) == 1)
    }

    @Test(arguments: DistributionCase.all) func aFixedLawShiftsAnotherExactly(
        item: DistributionCase
    ) {
        let sampler = DistributionSampler(item.distribution)
        let distributions = [
            DistributionSampler(.fixed(2 * ms)), sampler, DistributionSampler(.fixed(5 * ms)),
        ]
        for x in stride(from: 0, to: 200 * ms, by: 9_999_999) {
            let expected = x < 7 * ms ? 1 : sampler.exceeding(x - 7 * ms)
            #expect(DistributionSampler.sumExceeding(distributions, x) == expected)
        }
    }

    /// P(X + Y > t) = e^-t (1 + t), and with a third e^-t (1 + t + t^2 / 2), in units of the mean.
    @Test(arguments: [0.05, 0.5, 1, 2, 4, 8])
    func sumsOfExponentialLawsAreErlang(t: Double) {
        let distribution = DistributionSampler(.exponential(mean: s))
        let x = Int64(t * 1e9)
        let two = DistributionSampler.sumExceeding([distribution, distribution], x)
        let three = DistributionSampler.sumExceeding([distribution, distribution, distribution], x)
        #expect(abs(two - ExactMath.exp(-t) * (1 + t)) < 5e-5)
        #expect(abs(three - ExactMath.exp(-t) * (1 + t + t * t / 2)) < 2e-4)
    }

    @Test(arguments: [0.1, 0.5, 1, 1.3, 1.9])
    func theSumOfTwoUniformLawsIsTriangular(t: Double) {
        let distribution = DistributionSampler(.uniform(from: 0, to: s))
        let truth = t <= 1 ? 1 - t * t / 2 : (2 - t) * (2 - t) / 2
        #expect(
            abs(
                DistributionSampler.sumExceeding([distribution, distribution], Int64(t * 1e9))
                    - truth) < 5e-5)
    }

    /// Every two and three of the distributions, against 10,000 sums of draws.
    @Test func sumsAgreeWithSumsOfDraws() {
        let cases = DistributionCase.all.filter { $0.mean > 1_000 }
        for (index, first) in cases.enumerated() {
            let second = cases[(index + 1) % cases.count]
            let third = cases[(index + 2) % cases.count]
            for items in [[first, second], [first, second, third]] {
                let samplers = items.map { DistributionSampler($0.distribution) }
                let each = items.indices.map {
                    draws(items[$0].distribution, 10_000, seed: UInt64($0 + 10))
                }
                let sums = (0..<10_000).map { request in each.reduce(0) { $0 + $1[request] } }
                for factor in [0.3, 0.7, 1, 1.5, 2.5] {
                    let x = Int64(items.reduce(0) { $0 + $1.mean } * factor)
                    let share = Double(sums.count { $0 > x }) / 10_000
                    let probability = DistributionSampler.sumExceeding(samplers, x)
                    let deviation = (probability * (1 - probability) / 10_000).squareRoot()
                    #expect(abs(share - probability) < 4 * deviation + 1e-3, "\(items) \(factor)")
                }
            }
        }
    }

    /// The heavy tail stays exact whichever distribution comes first.
    @Test func theOrderOfLawsHardlyMatters() {
        let light = DistributionSampler(.exponential(mean: ms))
        let heavy = DistributionSampler(.pareto(min: ms, alpha: 1))
        for x in [2 * ms, 100 * ms, 10_000 * ms] {
            let one = DistributionSampler.sumExceeding([light, heavy], x)
            let other = DistributionSampler.sumExceeding([heavy, light], x)
            #expect(one == other)
            #expect(one > heavy.exceeding(x))
        }
    }
}
