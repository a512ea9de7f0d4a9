import Testing

@testable import KeyedChance

@Suite struct ChanceTests {
    private func draws(_ chance: Chance, _ count: Int) -> [UInt64] {
        var chance = chance
        return (0..<count).map { _ in chance.next() }
    }

    /// Pearson's statistic of counts that should all be equal.
    private func chiSquare(_ counts: [Int]) -> Double {
        let expected = Double(counts.reduce(0, +)) / Double(counts.count)
        return counts.map { Double($0) - expected }.reduce(0) { $0 + $1 * $1 / expected }
    }

    // MARK: The generator

    /// From the reference implementation (Vigna, splitmix64.c), as Rosetta Code publishes them.
    @Test func theGeneratorIsSplitMix64() {
        #expect(
            draws(Chance(state: 1_234_567), 5) == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    /// From the reference vectors of FNV-1a with 64 bits (Noll, test_fnv.c).
    @Test(
        arguments: [
            ("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("b", 0xaf63_df4c_8601_f1a5),
            ("foobar", 0x8594_4171_f739_67e8),
        ] as [(String, UInt64)])
    func streamNamesAreHashedWithFNV1a(name: String, hash: UInt64) {
        #expect(Chance.Stream(name).key == hash)
    }

    /// These numbers are in every trace that was ever written: they must not change.
    @Test func theDrawsOfAnIdentityNeverChange() {
        let latency = Chance.Stream("latency")
        #expect(
            draws(Chance(seed: 0, stream: latency), 2) == [
                5_119_948_245_202_571_235, 11_214_866_506_054_333_409,
            ])
        let retry = Chance(seed: 42, stream: latency, client: 3, request: 1_000, attempt: 2)
        #expect(
            draws(retry, 2) == [
                3_263_612_410_865_034_288, 8_069_544_451_182_496_762,
            ])
        #expect(
            draws(Chance(seed: .max, stream: latency.numbered(7), request: .max), 2) == [
                4_675_769_712_583_354_806, 608_661_360_428_610_728,
            ])
        var chance = Chance(seed: 42, stream: Chance.Stream("arrivals"))
        let below = (0..<5).map { _ in chance.below(1_000) }
        let within = (0..<5).map { _ in chance.within(-50...50) }
        let happened = (0..<8).map { _ in chance.happens(Ratio(1, of: 3)) }
        let unit = chance.unit()
        #expect(below == [608, 740, 605, 109, 16])
        #expect(within == [-45, -26, -19, 25, -22])
        #expect(happened == [true, true, true, false, false, false, true, false])
        #expect(unit == 0.8851146573471765)
    }

    // MARK: Bounded draws

    @Test(arguments: [2, 3, 10, 97, 256, 1_000] as [UInt64])
    func everyNumberBelowABoundIsEquallyLikely(bound: UInt64) {
        var chance = Chance(seed: bound, stream: Chance.Stream("below"))
        var counts = [Int](repeating: 0, count: Int(bound))
        for _ in 0..<Int(bound) * 200 { counts[Int(chance.below(bound))] += 1 }
        // Mean n - 1, variance 2 (n - 1): within 4 standard deviations.
        let freedom = Double(bound - 1)
        #expect(abs(chiSquare(counts) - freedom) < 4 * (2 * freedom).squareRoot() + 3)
    }

    /// Three quarters of 2^64: without rejection the low third would come twice as often.
    @Test func aBoundNearTheWholeRangeHasNoBias() {
        let bound: UInt64 = 3 << 62
        var chance = Chance(seed: 1, stream: Chance.Stream("wide"))
        var counts = [0, 0, 0]
        for _ in 0..<30_000 {
            let draw = chance.below(bound)
            #expect(draw < bound)
            counts[Int(draw >> 62)] += 1
        }
        #expect(chiSquare(counts) < 16)
    }

    @Test func theSmallestAndTheLargestBoundHold() {
        var chance = Chance(seed: 2, stream: Chance.Stream("ends"))
        var highest: UInt64 = 0
        for _ in 0..<10_000 {
            let only = chance.below(1)
            #expect(only == 0)
            highest = max(highest, chance.below(.max))
        }
        #expect(highest < .max)
        #expect(highest > .max - .max / 1_000)
    }

    @Test(
        arguments: [
            0...0, -1...1, .min ... .max, .min...0, 0 ... .max, .max ... .max, .min ... .min,
            -1 ... .max, .min...(.max - 1),
        ] as [ClosedRange<Int64>])
    func noDrawLeavesItsRange(range: ClosedRange<Int64>) {
        var chance = Chance(seed: 3, stream: Chance.Stream("within"))
        var (lowest, highest) = (Int64.max, Int64.min)
        for _ in 0..<2_000 {
            let draw = chance.within(range)
            #expect(range.contains(draw))
            lowest = min(lowest, draw)
            highest = max(highest, draw)
        }
        // Both outer hundredths were met.
        let width = Double(range.upperBound) - Double(range.lowerBound)
        #expect(Double(lowest) <= Double(range.lowerBound) + width / 100)
        #expect(Double(highest) >= Double(range.upperBound) - width / 100)
    }

    @Test func bothEndsOfARangeAreDrawn() {
        var chance = Chance(seed: 4, stream: Chance.Stream("ends"))
        var counts = [Int](repeating: 0, count: 6)
        for _ in 0..<6_000 { counts[Int(chance.within(-2...3)) + 2] += 1 }
        #expect(chiSquare(counts) < 20)
    }

    @Test func aUnitIsStrictlyBetweenZeroAndOneAndEven() {
        var chance = Chance(seed: 5, stream: Chance.Stream("unit"))
        var counts = [Int](repeating: 0, count: 100)
        for _ in 0..<20_000 {
            let unit = chance.unit()
            #expect(unit > 0 && unit < 1)
            counts[Int(unit * 100)] += 1
        }
        #expect(chiSquare(counts) < 99 + 4 * 198.0.squareRoot())
    }

    // MARK: Probabilities

    @Test(arguments: [
        Ratio(1, of: 100), Ratio(1, of: 3), Ratio(1, of: 2), Ratio(999, of: 1_000),
        Ratio(.max / 4, of: .max),
    ])
    func somethingHappensAsOftenAsItsProbability(probability: Ratio) {
        let stream = Chance.Stream("happens")
        let trials = 40_000
        let hits = (0..<trials).count { request in
            var chance = Chance(seed: 6, stream: stream, request: UInt64(request))
            return chance.happens(probability)
        }
        let p = probability.double
        let deviation = (Double(trials) * p * (1 - p)).squareRoot()
        #expect(abs(Double(hits) - Double(trials) * p) < 4 * deviation)
    }

    @Test func theImpossibleNeverAndTheCertainAlwaysHappens() {
        var chance = Chance(seed: 7, stream: Chance.Stream("certain"))
        for _ in 0..<1_000 {
            let happened = [Ratio.zero, .one, Ratio(3, of: 2)].map { chance.happens($0) }
            #expect(happened == [false, true, true])
        }
    }
}
