/// An exact ratio, such as 3 %, as a fraction of two whole numbers in lowest terms.
public struct Ratio: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The numerator in lowest terms.
    public let numerator: UInt64
    /// The denominator in lowest terms; at least 1.
    public let denominator: UInt64

    /// The ratio 0/1.
    public static let zero = Ratio(0, of: 1)
    /// The ratio 1/1.
    public static let one = Ratio(1, of: 1)

    /// Makes a ratio and reduces it to lowest terms.
    /// - Parameters:
    ///   - numerator: any number.
    ///   - denominator: at least 1.
    public init(_ numerator: UInt64, of denominator: UInt64) {
        precondition(denominator > 0, "a share of nothing")
        var (a, b) = (numerator, denominator)
        while b != 0 { (a, b) = (b, a % b) }
        self.numerator = numerator / a
        self.denominator = denominator / a
    }

    /// The nearest `Double`. Ground truth uses it; decisions use the exact ratio.
    public var double: Double { Double(numerator) / Double(denominator) }

    /// Compares by value. Products are compared in full width, so nothing overflows.
    public static func < (left: Ratio, right: Ratio) -> Bool {
        let a = left.numerator.multipliedFullWidth(by: right.denominator)
        let b = right.numerator.multipliedFullWidth(by: left.denominator)
        return (a.high, a.low) < (b.high, b.low)
    }

    /// The ratio in lowest terms, such as `3/100`.
    public var description: String { "\(numerator)/\(denominator)" }
}
