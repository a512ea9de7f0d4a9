import KeyedChance

/// Bounds on the distance of a sample's figure from the true value.
///
/// All seeds are fixed, so the tests never vary. `falseAlarm` is the share of seeds that would fail
/// a correct model: one in 100,000 for each figure that is compared.
enum Bounds {
    static let falseAlarm = 1e-5
    /// The normal quantile that is exceeded, on either side, with that probability: 4.42.
    static let z = ExactMath.normalQuantile(1 - falseAlarm / 2)

    /// The bound for the share of `count` independent trials of any probability `p` (Bernstein's
    /// inequality, which also holds for rare events).
    static func share(_ p: Double, of count: Int) -> Double {
        let log = -ExactMath.log(falseAlarm / 2)
        let n = Double(count)
        return (2 * p * (1 - p) * log / n).squareRoot() + 2 * log / (3 * n)
    }

    /// The bound for the largest distance between a distribution and the shares of `count`
    /// independent draws from it (Dvoretzky, Kiefer and Wolfowitz, with Massart's constant).
    static func distance(of count: Int) -> Double {
        (-ExactMath.log(falseAlarm / 2) / (2 * Double(count))).squareRoot()
    }

    /// The bound for a chi-square sum (Wilson and Hilferty's cube).
    static func chiSquare(freedom: Int) -> Double {
        let part = 2 / (9 * Double(freedom))
        let root = 1 - part + ExactMath.normalQuantile(1 - falseAlarm) * part.squareRoot()
        return Double(freedom) * root * root * root
    }

    /// Like `z`, for Student's t (the first four terms of Fisher's expansion).
    static func student(freedom: Int) -> Double {
        let nu = Double(freedom)
        let square = z * z
        let first = z * (square + 1) / 4
        let second = z * ((5 * square + 16) * square + 3) / 96
        let third = z * (((3 * square + 19) * square + 17) * square - 15) / 384
        return z + (first + (second + third / nu) / nu) / nu
    }
}

/// The mean of a stationary series whose neighbours are correlated, and how far off it may be.
///
/// The series is cut into 32 stretches, each much longer than the correlation lasts; their means
/// are as good as independent, and Student's t over them bounds the mean of all (method of batch
/// means).
struct BatchMeans {
    static let count = 32
    let mean: Double
    let bound: Double

    init(_ values: some RandomAccessCollection<Double>) {
        let values = Array(values)
        let length = values.count / Self.count
        let means = (0..<Self.count).map { batch in
            values[batch * length..<(batch + 1) * length].reduce(0, +) / Double(length)
        }
        let mean = means.reduce(0, +) / Double(Self.count)
        let square = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(Self.count - 1)
        self.mean = mean
        bound =
            Bounds.student(freedom: Self.count - 1) * (square / Double(Self.count)).squareRoot()
    }
}

/// The largest distance between a continuous distribution, given by its distribution function, and a sample.
func distance(_ sample: [Double], _ distribution: (Double) -> Double) -> Double {
    let sorted = sample.sorted()
    let count = Double(sorted.count)
    return sorted.enumerated().reduce(0) { largest, item in
        let share = distribution(item.element)
        let above = Double(item.offset + 1) / count - share
        return max(largest, max(above, share - Double(item.offset) / count))
    }
}

/// The chi-square sum of counts against what is to be expected.
func chiSquare(_ counts: [Int], _ expected: [Double]) -> Double {
    zip(counts, expected).reduce(0) { sum, item in
        let (count, mean) = item
        return sum + (Double(count) - mean) * (Double(count) - mean) / mean
    }
}
