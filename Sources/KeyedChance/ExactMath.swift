/// `exp`, `log` and the normal quantile, computed with `+`, `-`, `*`, `/` and `sqrt` only.
///
/// IEEE 754 defines the exact results of these five operations. The functions of libm differ in
/// their last bits between processors with and without fused multiply-add, and so would a trace.
/// The results are within 2 units in the last place of the true value over the ranges that the
/// distributions use (see `ExactMathTests`).
public enum ExactMath {
    /// ln 2 with its last 32 bits cleared; its product with a whole number below 2^11 is exact.
    private static let ln2High = 6.93147180369123816490e-01
    /// ln 2 minus `ln2High`.
    private static let ln2Low = 1.90821492927058770002e-10

    /// e to the power of `x`.
    ///
    /// The argument is reduced by ln 2 in two parts, followed by the rational approximation of
    /// FreeBSD's msun (`e_exp.c`, Sun Microsystems, 1993).
    /// - Parameter x: any number. Above 709.78 the result is infinity, below -745.13 zero, for NaN
    ///   it is NaN.
    /// - Returns: 0 to infinity, or NaN.
    public static func exp(_ x: Double) -> Double {
        if x.isNaN { return x }
        if x > 709.782712893383973096 { return .infinity }
        if x < -745.13321910194110842 { return 0 }
        // Adding 1.5 * 2^52 leaves no bits for a fraction, so it rounds to the nearest whole
        // number.
        let rounder = 0x1.8p52
        let k = (x * 1.44269504088896338700 + rounder) - rounder
        let high = x - k * ln2High
        let low = k * ln2Low
        let r = high - low
        let t = r * r
        // swift-format-ignore
        let c = r - t * (1.66666666666666019037e-01 + t * (-2.77777777770155933842e-03
            + t * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06
            + t * 4.13813679705723846039e-08))))
        let y = 1 - ((low - (r * c) / (2 - c)) - high)
        return y.scaled(by: Int(k))
    }

    /// The natural logarithm of `x`.
    ///
    /// The argument is reduced to [sqrt(1/2), sqrt(2)), followed by the polynomial of FreeBSD's
    /// msun (`e_log.c`).
    /// - Parameter x: positive. Zero gives minus infinity, a negative number NaN.
    /// - Returns: -744.45 to 709.79 for a finite `x` above 0.
    public static func log(_ x: Double) -> Double {
        if x > 0 && x < .infinity { return logParts(x).high }
        return x == 0 ? -.infinity : x == .infinity ? x : .nan
    }

    /// The natural logarithm of `x` in two parts: `high` is the rounded logarithm, and `high + low`
    /// has about ten bits more, for a caller that continues the calculation.
    /// - Parameter x: positive and finite.
    /// - Returns: the logarithm and its rounding error.
    @inline(__always)
    static func logParts(_ x: Double) -> (high: Double, low: Double) {
        let isSubnormal = x < 0x1p-1022
        let bits = (isSubnormal ? x * 0x1p54 : x).bitPattern
        var exponent = Int(bits >> 52) - (isSubnormal ? 1023 + 54 : 1023)
        var m = Double(bitPattern: bits & (1 << 52 - 1) | 1023 << 52)
        if m > 1.41421356237309514547 {
            m *= 0.5
            exponent += 1
        }
        let k = Double(exponent)
        let f = m - 1
        let s = f / (2 + f)
        let z = s * s
        let w = z * z
        // swift-format-ignore
        let even = w * (3.999999999940941908e-01
            + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
        // swift-format-ignore
        let odd = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01
            + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)))
        let halfSquare = 0.5 * f * f
        let tail = s * (halfSquare + (even + odd))
        // k ln 2 is 0 or larger than f, so the rounding error of each of the two sums is known
        // exactly.
        let whole = k * ln2High
        let sum = whole + f
        let rest = ((whole - sum) + f) - (halfSquare - (tail + k * ln2Low))
        let high = sum + rest
        return (high, (sum - high) + rest)
    }
}

extension Double {
    /// The number times 2 to the power of `exponent`, rounded once even if the result is subnormal.
    fileprivate func scaled(by exponent: Int) -> Double {
        if exponent >= -1021 && exponent <= 1023 { return self * Double.powerOfTwo(exponent) }
        // In two steps, because the factor of a very small or large result is out of range.
        let half = exponent / 2
        return self * Double.powerOfTwo(half) * Double.powerOfTwo(exponent - half)
    }

    private static func powerOfTwo(_ exponent: Int) -> Double {
        Double(bitPattern: UInt64(exponent + 1023) << 52)
    }
}
