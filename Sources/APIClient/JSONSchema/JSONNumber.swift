/// A JSON number with one representation for each value: a value that fits `Int64` is `.integer`.
enum JSONNumber: Sendable, Hashable {
    case integer(Int64)
    /// A number with a fraction, or outside of the range of `Int64`.
    case real(Double)

    init(_ value: Double) {
        self = if let whole = Int64(exactly: value) { .integer(whole) } else { .real(value) }
    }

    /// nil if the value is not a number.
    init?(_ value: JSONValue) {
        switch value {
        case .integer(let value): self = .integer(value)
        case .number(let value): self.init(value)
        default: return nil
        }
    }

    var isWhole: Bool {
        switch self {
        case .integer: true
        case .real(let value): value.isFinite && value == value.rounded(.towardZero)
        }
    }

    /// Exact, although an `Int64` may have more digits than a `Double`.
    static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): left < right
        case (.real(let left), .real(let right)): left < right
        case (.integer(let left), .real(let right)):
            // A double with a fraction is small enough to be rounded to an integer. One without is
            // outside of the range of `Int64`, or it would be an `.integer`.
            Int64(exactly: right.rounded(.down)).map { left <= $0 } ?? (right > 0)
        case (.real(let left), .integer(let right)):
            Int64(exactly: left.rounded(.down)).map { $0 < right } ?? (left < 0)
        }
    }

    static func <= (left: Self, right: Self) -> Bool { left < right || left == right }

    /// Whether the number is an integer multiple of `divisor`, computed in decimal: 19.99 is a
    /// multiple of 0.01, although their binary fractions are not.
    func isMultiple(of divisor: JSONNumber) -> Bool {
        if case .integer(let value) = self, case .integer(let divisor) = divisor {
            return value.isMultiple(of: divisor)
        }
        guard let value = Decimal(self), let divisor = Decimal(divisor) else { return false }
        return value.isMultiple(of: divisor)
    }

    /// Digits times a power of ten. The sign does not matter for multiples.
    private struct Decimal {
        var digits: UInt64 = 0
        var exponent = 0

        /// nil if the number is not finite.
        init?(_ number: JSONNumber) {
            let value: Double
            switch number {
            case .integer(let whole):
                digits = whole.magnitude
                return
            case .real(let real): value = real
            }
            guard value.isFinite else { return nil }
            // The shortest text that parses to the same double: at most 17 digits.
            var text = Substring(value.magnitude.description)
            if let mark = text.firstIndex(of: "e") {
                exponent = Int(text[text.index(after: mark)...]) ?? 0
                text = text[..<mark]
            }
            var isFraction = false
            for byte in text.utf8 {
                guard byte != UInt8(ascii: ".") else {
                    isFraction = true
                    continue
                }
                digits = digits * 10 + UInt64(byte - UInt8(ascii: "0"))
                if isFraction { exponent -= 1 }
            }
        }

        func isMultiple(of divisor: Decimal) -> Bool {
            if digits == 0 { return true }
            var (remainder, divisorDigits) = (digits, divisor.digits)
            if divisorDigits == 0 { return false }
            var shift = exponent - divisor.exponent
            while shift < 0 {
                let (product, overflows) = divisorDigits.multipliedReportingOverflow(by: 10)
                if overflows { return false }
                divisorDigits = product
                shift += 1
            }
            remainder %= divisorDigits
            while shift > 0, remainder != 0 {
                let product = remainder.multipliedFullWidth(by: 10)
                remainder = divisorDigits.dividingFullWidth(product).remainder
                shift -= 1
            }
            return remainder == 0
        }
    }
}

extension JSONNumber: CustomStringConvertible {
    var description: String {
        switch self {
        case .integer(let value): "\(value)"
        case .real(let value): "\(value)"
        }
    }
}
