extension ExactMath {
    /// The number below which a standard normal variable falls with probability `p`.
    ///
    /// As in Wichura's Algorithm AS 241 (Applied Statistics 37, 1988), it is a rational function of
    /// `p - 1/2` in the middle, and of the square root of the tail's logarithm outside. Here the
    /// rational function is only the smaller part of a sum whose larger part is exact, so that its
    /// rounding errors hardly count: the result is within 1.2 units in the last place of the true
    /// value. The coefficients are not Wichura's.
    /// - Parameter p: strictly between 0 and 1. 0 and 1 give the infinities, any other value NaN.
    /// - Returns: about -38.5 to 8.2, an infinity, or NaN.
    public static func normalQuantile(_ p: Double) -> Double {
        let q = p - 0.5
        if q >= -0.375 && q <= 0.375 { return centralQuantile(q, dropped: p - (q + 0.5)) }
        guard p > 0 && p < 1 else {
            return p == 0 ? -.infinity : p == 1 ? .infinity : .nan
        }
        // 1 - p is exact, because p is above 1/2.
        return Double(signOf: q, magnitudeOf: upperQuantile(q < 0 ? p : 1 - p))
    }

    /// The quantile of `1/2 + q + dropped`, computed as q (5/2 + r(q^2)).
    ///
    /// - Parameters:
    ///   - q: -0.375 to 0.375.
    ///   - dropped: the rounding error of the subtraction that made `q`.
    /// - Returns: about -1.15 to 1.15.
    @inline(__always)
    private static func centralQuantile(_ q: Double, dropped: Double) -> Double {
        let u = q * q
        let v = 0.140625 - u
        let rational = ratio(v, centralAbove, centralBelow)
        // The slope of the quantile, to 1 % where `dropped` is not 0, that is for |q| above 1/4.
        let slope = 2.985 + u * (-5.395 + u * 131.6)
        let (high, low) = split(q)
        // The slope in the middle, sqrt(2 pi), is the sum of 5/2 and this number.
        let correction = q * (0.006628274631000502 + u * rational)
        return high * 2.5 + ((low * 2.5 + correction) + dropped * slope)
    }

    /// The number above which a standard normal variable lies with probability `p`, computed as
    /// sqrt(2) s - 3/4 - r(s) with s = sqrt(-log p).
    ///
    /// - Parameter p: above 0, at most 1/8.
    /// - Returns: about 1.15 to 38.5.
    @inline(__always)
    private static func upperQuantile(_ p: Double) -> Double {
        let log = logParts(p)
        let s = (-log.high).squareRoot()
        // s in two parts, the first short enough that its square is exact.
        let high = split(s).high
        let low = ((-log.high - high * high) - log.low) / (s + high)
        let rational =
            s <= 4.75
            ? ratio(s - 1.5, middleAbove, middleBelow) : ratio(s - 4.75, farAbove, farBelow)
        // sqrt(2) in two parts, the first of 26 bits.
        let rootHigh = 0x1.6a09e6p0
        let rootLow = 0x1.9fcef32422cbfp-26
        return (high * rootHigh - 0.75) + ((high * rootLow + low * (rootHigh + rootLow)) - rational)
    }

    /// The first 26 bits of `x` and the rest; both are exact.
    @inline(__always)
    private static func split(_ x: Double) -> (high: Double, low: Double) {
        let high = Double(bitPattern: x.bitPattern & ~(1 << 27 - 1))
        return (high, x - high)
    }

    /// The ratio of two polynomials, given by their coefficients from the lowest power up.
    @inline(__always)
    private static func ratio<let count: Int>(
        _ x: Double, _ above: InlineArray<count, Double>, _ below: InlineArray<count, Double>
    ) -> Double {
        var numerator = above[count - 1]
        var denominator = below[count - 1]
        for power in (0..<count - 1).reversed() {
            numerator = numerator * x + above[power]
            denominator = denominator * x + below[power]
        }
        return numerator / denominator
    }

    // Fitted to the true quantile at 240 bits: within 2^-58 of x in the middle, 2^-55 outside.

    private static let centralAbove: InlineArray<7, Double> = [
        3.9891205193838553, 88.92164002148272, 714.2314932938202, 2500.3829091646985,
        3631.0334770189743, 1627.773690752051, 28.167352715581224,
    ]
    private static let centralBelow: InlineArray<7, Double> = [
        1.0, 26.526777093772218, 267.3357498292105, 1277.506853293415,
        2942.825645450726, 2927.4802113641786, 892.1932179579666,
    ]
    private static let middleAbove: InlineArray<8, Double> = [
        0.1199474145026103, -0.0680586670714493, -0.32043166455349636, -0.2414307845042192,
        -0.07758469127482474, -0.011885436178609805, -0.0007748285691418483,
        -1.4239359566469883e-05,
    ]
    private static let middleBelow: InlineArray<8, Double> = [
        1.0, 2.099909516121474, 1.7494822321307963, 0.7420269207268054,
        0.1707231405336439, 0.02073296065108166, 0.0011457934817292337,
        1.9119138042380282e-05,
    ]
    private static let farAbove: InlineArray<8, Double> = [
        -0.3222841319658514, -0.2646210863446519, -0.07793570644177159, -0.010514789952094868,
        -0.0006811318736854708, -2.022125659089779e-05, -2.3687316791700478e-07,
        -7.435834035388946e-10,
    ]
    private static let farBelow: InlineArray<8, Double> = [
        1.0, 0.6331311452185049, 0.153402665888493, 0.01789695866576754,
        0.001043944081299083, 2.8851750514007328e-05, 3.2330700756367967e-07,
        9.926335285930941e-10,
    ]
}
