/// A number of JSON, with one form for each value: what fits an `Int64` is one.
enum JSONNumber: Sendable, Hashable {
    case integer(Int64)
    /// Has a fraction, or is beyond an `Int64`.
    case real(Double)

    init(_ value: Double) {
        self = if let whole = Int64(exactly: value) { .integer(whole) } else { .real(value) }
    }

    /// Nil where the value is no number.
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
            // With a fraction a double is small enough to be cut to an integer; without one it is
            // beyond all of them.
            Int64(exactly: right.rounded(.down)).map { left <= $0 } ?? (right > 0)
        case (.real(let left), .integer(let right)):
            Int64(exactly: left.rounded(.down)).map { $0 < right } ?? (left < 0)
        }
    }

    static func <= (left: Self, right: Self) -> Bool { left < right || left == right }

    /// Whether it is a whole multiple, counted in the decimals that the numbers are written with:
    /// 19.99 is one of 0.01, although no binary fractions say so.
    func isMultiple(of divisor: JSONNumber) -> Bool {
        if case .integer(let value) = self, case .integer(let divisor) = divisor {
            return value.isMultiple(of: divisor)
        }
        guard let value = Decimal(self), let divisor = Decimal(divisor) else { return false }
        return value.isMultiple(of: divisor)
    }

    /// Digits times a power of ten; without sign, which does not matter here.
    private struct Decimal {
        var digits: UInt64 = 0
        var exponent = 0

        /// Nil where the number is not finite.
        init?(_ number: JSONNumber) {
            let value: Double
            switch number {
            case .integer(let whole):
                digits = whole.magnitude
                return
            case .real(let real): value = real
            }
            guard value.isFinite else { return nil }
            // The shortest text that gives the same double: at most 17 digits.
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
