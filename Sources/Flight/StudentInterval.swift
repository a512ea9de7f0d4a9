import KeyedChance

/// The 95 % confidence interval of a mean, from Student's t distribution.
struct StudentInterval {
    let mean: Double
    let low: Double
    let high: Double

    /// - Parameter values: one value per independent flight. The result is nil for fewer than two.
    init?(_ values: [Double]) {
        guard values.count >= 2, let first = values.first else { return nil }
        // The sum of ten equal values may differ from ten times the value in the last bit.
        if values.allSatisfy({ $0 == first }) {
            (mean, low, high) = (first, first, first)
            return
        }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let error = (squares / (count - 1) / count).squareRoot()
        let half = Self.quantile(degreesOfFreedom: values.count - 1) * error
        self.mean = mean
        low = mean - half
        high = mean + half
    }

    /// The 97.5 % quantile of Student's t distribution: from a table up to 8 degrees of freedom, beyond that from the
    /// Cornish-Fisher expansion about the normal quantile (Abramowitz and Stegun, 26.7.5), correct to 4 digits there.
    static func quantile(degreesOfFreedom n: Int) -> Double {
        let table = [12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.30600]
        if n <= table.count { return table[n - 1] }
        let x = 1.959963984540054
        let x2 = x * x
        let v = Double(n)
        let g1 = (x2 + 1) * x / 4
        let g2 = ((5 * x2 + 16) * x2 + 3) * x / 96
        let g3 = (((3 * x2 + 19) * x2 + 17) * x2 - 15) * x / 384
        let g4 = ((((79 * x2 + 776) * x2 + 1482) * x2 - 1920) * x2 - 945) * x / 92_160
        return x + (g1 + (g2 + (g3 + g4 / v) / v) / v) / v
    }
}
