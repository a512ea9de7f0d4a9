extension ExactMath {
    /// The probability that a standard normal variable is below `x`.
    ///
    /// It is the inverse of ``normalQuantile(_:)`` with a relative error of about 10^-13;
    /// probabilities below 10^-300 are 0.
    /// - Parameter x: any number; for NaN the result is NaN.
    /// - Returns: 0 to 1, or NaN.
    public static func normalDistribution(_ x: Double) -> Double {
        if x > 0 { return 1 - normalDistribution(-x) }
        if x < -37 { return 0 }
        if x.isNaN { return x }
        // An approximation with a relative error of 10^-4: e^(-x^2 / 2) times a polynomial in 1 /
        // (1 - 0.4 x).
        let gauss = exp(-0.5 * x * x)
        let t = 1 / (1 - 0.4 * x)
        // swift-format-ignore
        var p = gauss * (t * (0.15957450581961766 + t * (0.16049532233912322
            + t * (0.12062554015043747 + t * (0.14399463668729875
            + t * -0.08473739444841275)))))
        // Two steps of Newton's method; each one squares the relative error.
        let density = gauss * 0.3989422804014327
        for _ in 0..<2 { p -= (normalQuantile(p) - x) * density }
        return p
    }
}
