import KeyedChance
import Testing

@Suite struct ExactMathTests {
    /// The number of doubles between two doubles. The signs of zero count as equal.
    private func distance(_ a: Double, _ b: Double) -> UInt64 {
        func place(_ x: Double) -> Int64 {
            let bits = Int64(bitPattern: x.bitPattern)
            return bits < 0 ? Int64.min &- bits : bits
        }
        return (place(a) &- place(b)).magnitude
    }

    /// The inputs whose result is more than one double away from the nearest to the true one.
    private func misses(_ table: [UInt64], _ function: (Double) -> Double) -> [Double] {
        stride(from: 0, to: table.count, by: 2).compactMap { index in
            let input = Double(bitPattern: table[index])
            let truth = Double(bitPattern: table[index + 1])
            return distance(function(input), truth) <= 1 ? nil : input
        }
    }

    // One double from the nearest double is at most 1.5 units in the last place from the truth.

    @Test func expIsWithinTwoUnitsInTheLastPlace() {
        #expect(MathVectors.exp.count >= 600)
        #expect(misses(MathVectors.exp, ExactMath.exp) == [])
    }

    @Test func logIsWithinTwoUnitsInTheLastPlace() {
        #expect(MathVectors.log.count >= 600)
        #expect(misses(MathVectors.log, ExactMath.log) == [])
    }

    @Test func theQuantileIsWithinTwoUnitsInTheLastPlace() {
        #expect(MathVectors.quantile.count >= 600)
        #expect(misses(MathVectors.quantile, ExactMath.normalQuantile) == [])
    }

    /// One number for debug and release, with and without AVX2 and FMA: a compiler that contracts
    /// or reorders shows here.
    @Test func everyBitOfTenThousandResultsStaysAsItIs() {
        var hash: UInt64 = 0
        var chance = Chance(seed: 1, stream: Chance.Stream("exact math"))
        for _ in 0..<10_000 {
            let u = chance.unit()
            for result in [
                ExactMath.exp(1400 * u - 700), ExactMath.log(u), ExactMath.normalQuantile(u),
                ExactMath.normalQuantile(u * u * u * u), ExactMath.normalDistribution(20 * u - 10),
            ] {
                hash = (hash ^ result.bitPattern) &* 0x0000_0100_0000_01b3
            }
        }
        #expect(hash == 11_363_664_576_535_868_534)
    }

    @Test func expOfWhatIsOutOfRangeIsZeroOrInfinity() {
        #expect(ExactMath.exp(0) == 1)
        #expect(ExactMath.exp(709.7827128933841) == .infinity)
        #expect(ExactMath.exp(.infinity) == .infinity)
        #expect(ExactMath.exp(-745.2) == 0)
        #expect(ExactMath.exp(-.infinity) == 0)
        #expect(ExactMath.exp(-745.13) == .leastNonzeroMagnitude)
        #expect(ExactMath.exp(.nan).isNaN)
    }

    @Test func logOfWhatIsNotPositiveIsMinusInfinityOrNaN() {
        #expect(ExactMath.log(1).bitPattern == 0)
        #expect(ExactMath.log(0) == -.infinity)
        #expect(ExactMath.log(-0.0) == -.infinity)
        #expect(ExactMath.log(.infinity) == .infinity)
        #expect(ExactMath.log(-1).isNaN)
        #expect(ExactMath.log(-.infinity).isNaN)
        #expect(ExactMath.log(.nan).isNaN)
    }

    @Test func theQuantileOfWhatIsNoProbabilityIsInfiniteOrNaN() {
        #expect(ExactMath.normalQuantile(0.5) == 0)
        #expect(ExactMath.normalQuantile(0) == -.infinity)
        #expect(ExactMath.normalQuantile(1) == .infinity)
        #expect(ExactMath.normalQuantile(-0.1).isNaN)
        #expect(ExactMath.normalQuantile(1.1).isNaN)
        #expect(ExactMath.normalQuantile(.infinity).isNaN)
        #expect(ExactMath.normalQuantile(-.infinity).isNaN)
        #expect(ExactMath.normalQuantile(.nan).isNaN)
    }

    @Test(arguments: [0x1p-53, 1e-12, 1.586e-10, 0.01, 0.125, 0.2, 0.25, 0.4, 0.49999])
    func theQuantileOfTheOtherTailIsTheNegative(p: Double) {
        // Of 1 - p and what is left to 1, both exact.
        let (upper, lower) = (1 - p, 1 - (1 - p))
        let (right, left) = (ExactMath.normalQuantile(upper), ExactMath.normalQuantile(lower))
        #expect(right > 0)
        #expect(distance(right, -left) <= 2)
    }

    /// A step of 2^-30 of the tail, or of one place of `p`, is above the approximations' errors.
    @Test(arguments: [0.125, 0.875, 0.25, 0.75, 1.586e-10, 1 - 1.586e-10, 0.5])
    func theQuantileRisesAcrossItsBorders(border: Double) {
        let step = max(min(border, 1 - border) * 0x1p-30, border.ulp)
        let quantiles = (-1000...1000).map { index in
            ExactMath.normalQuantile(border + Double(index) * step)
        }
        let falls = zip(quantiles, quantiles.dropFirst()).count { $0 >= $1 }
        #expect(falls == 0)
    }

    /// True values from mpmath.
    @Test(arguments: [
        (-37.0, 5.725571222524577e-300), (-20.0, 2.753624118606234e-89),
        (-8.0, 6.220960574271785e-16), (-3.0, 0.0013498980316300946),
        (-1.0, 0.15865525393145705), (-0.1, 0.460172162722971), (0, 0.5),
        (0.1, 0.539827837277029), (1.0, 0.8413447460685429), (3.0, 0.9986501019683699),
        (8.0, 0.9999999999999993),
    ])
    func theDistributionIsTrueToTwelveDigits(x: Double, truth: Double) {
        #expect(abs(ExactMath.normalDistribution(x) / truth - 1) < 1e-12)
    }

    @Test func theDistributionUndoesTheQuantile() {
        for exponent in stride(from: -1.0, through: -960, by: -0.7) {
            let p = ExactMath.exp(exponent * 0.7)
            let back = ExactMath.normalDistribution(ExactMath.normalQuantile(p))
            #expect(abs(back / p - 1) < 1e-12)
        }
    }

    @Test func theDistributionFarOutIsZeroAndOne() {
        #expect(ExactMath.normalDistribution(-38) == 0)
        #expect(ExactMath.normalDistribution(-.infinity) == 0)
        #expect(ExactMath.normalDistribution(38) == 1)
        #expect(ExactMath.normalDistribution(.infinity) == 1)
        #expect(ExactMath.normalDistribution(.nan).isNaN)
    }
}
