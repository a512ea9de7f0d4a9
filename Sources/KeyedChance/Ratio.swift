/// An exact share, such as 3 %: a fraction of two whole numbers.
public struct Ratio: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// How many, in lowest terms.
    public let numerator: UInt64
    /// Of how many, in lowest terms; at least 1.
    public let denominator: UInt64

    /// Nothing: 0/1.
    public static let zero = Ratio(0, of: 1)
    /// All: 1/1.
    public static let one = Ratio(1, of: 1)

    /// - Parameters:
    ///   - numerator: how many.
    ///   - denominator: of how many, at least 1.
    public init(_ numerator: UInt64, of denominator: UInt64) {
        precondition(denominator > 0, "a share of nothing")
        var (a, b) = (numerator, denominator)
        while b != 0 { (a, b) = (b, a % b) }
        self.numerator = numerator / a
        self.denominator = denominator / a
    }

    /// The nearest binary fraction, for ground truth; decisions use the exact one.
    public var double: Double { Double(numerator) / Double(denominator) }

    /// By value. Products are compared in full width, so nothing overflows.
    public static func < (left: Ratio, right: Ratio) -> Bool {
        let a = left.numerator.multipliedFullWidth(by: right.denominator)
        let b = right.numerator.multipliedFullWidth(by: left.denominator)
        return (a.high, a.low) < (b.high, b.low)
    }

    /// In lowest terms, such as `3/100`.
    public var description: String { "\(numerator)/\(denominator)" }
}
