/// `exp`, `log` and the normal quantile in `+ - * /` and `sqrt` alone.
///
/// IEEE 754 fixes those five operations to the last bit; libm's functions differ in their last bits
/// between processors with and without fused multiply-add, and so would a trace. Within 2 units in
/// the last place of the true value over the ranges that the laws use (see `ExactMathTests`).
public enum ExactMath {
    private static let ln2High = 6.93147180369123816490e-01
    private static let ln2Low = 1.90821492927058770002e-10

    /// e to the power of `x`.
    ///
    /// Argument reduction by ln 2 in two parts and the rational approximation of FreeBSD's msun
    /// (`e_exp.c`, Sun Microsystems, 1993).
    /// - Parameter x: any number. Above 709.78 infinity, below -745.13 zero, NaN stays NaN.
    public static func exp(_ x: Double) -> Double {
        if x.isNaN { return x }
        if x > 709.782712893383973096 { return .infinity }
        if x < -745.13321910194110842 { return 0 }
        let k = (x * 1.44269504088896338700 + (x < 0 ? -0.5 : 0.5)).rounded(.towardZero)
        let high = x - k * ln2High
        let low = k * ln2Low
        let r = high - low
        let t = r * r
        let c = r - t * (1.66666666666666019037e-01 + t * (-2.77777777770155933842e-03
            + t * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06
            + t * 4.13813679705723846039e-08))))
        let y = 1 - ((low - (r * c) / (2 - c)) - high)
        return Double(sign: .plus, exponent: 0, significand: y).scaled(by: Int(k))
    }

    /// The natural logarithm of `x`.
    ///
    /// Reduction to [sqrt(1/2), sqrt(2)) and the polynomial of FreeBSD's msun (`e_log.c`).
    /// - Parameter x: positive. Zero gives minus infinity, a negative number NaN.
    public static func log(_ x: Double) -> Double {
        if x.isNaN || x < 0 { return .nan }
        if x == 0 { return -.infinity }
        if x == .infinity { return x }
        var exponent = Int(x.exponent)
        var m = x.significand
        if m > 1.41421356237309514547 {
            m *= 0.5
            exponent += 1
        }
        let k = Double(exponent)
        let f = m - 1
        if f == 0 { return k * ln2High + k * ln2Low }
        let s = f / (2 + f)
        let z = s * s
        let w = z * z
        let even = w * (3.999999999940941908e-01
            + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
        let odd = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01
            + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)))
        let halfSquare = 0.5 * f * f
        let tail = s * (halfSquare + (even + odd))
        return k * ln2High - ((halfSquare - (tail + k * ln2Low)) - f)
    }
}

extension Double {
    /// Times 2 to the power of `exponent`, exactly, also where the result is subnormal.
    fileprivate func scaled(by exponent: Int) -> Double {
        if exponent >= -1021 && exponent <= 1023 { return self * Double.powerOfTwo(exponent) }
        // In two steps: the second factor of a very small or large result is itself out of range.
        let half = exponent / 2
        return self * Double.powerOfTwo(half) * Double.powerOfTwo(exponent - half)
    }

    private static func powerOfTwo(_ exponent: Int) -> Double {
        Double(bitPattern: UInt64(exponent + 1023) << 52)
    }
}
