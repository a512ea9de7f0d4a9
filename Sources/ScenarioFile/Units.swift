import KeyedChance
public import Upstream

/// A decimal number without rounding: `digits` divided by 10 to the power of `scale`.
struct Decimal: Sendable, Hashable {
    static let scaleMax = 9

    var digits: UInt64
    /// The number of decimals, 0 to 9.
    var scale: Int

    /// 10 to the power of `scale`.
    var divisor: UInt64 { Self.powersOfTen[scale] }

    /// Reads digits with at most one decimal point between them and at most 9 decimals after
    /// trailing zeros are removed. The result is nil for any other text.
    init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(JSONText.isDigit) })
        else { return nil }
        var fraction = parts.count == 2 ? Array(parts[1]) : []
        while fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
        guard fraction.count <= Self.scaleMax else { return nil }
        var digits: UInt64 = 0
        for byte in Array(parts[0]) + fraction {
            let (tens, overflow) = digits.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !overflow && !carry else { return nil }
            digits = sum
        }
        (self.digits, scale) = (digits, fraction.count)
    }

    static let powersOfTen: [UInt64] = (0...18).map { power in
        (0..<power).reduce(1 as UInt64) { value, _ in value * 10 }
    }

    /// `numerator / divisor` as a decimal; nil if it has no finite decimal form of at most 18
    /// decimals.
    static func text(_ numerator: UInt64, dividedBy divisor: UInt64) -> String? {
        // Without reduction to lowest terms the text could end in zeros.
        let ratio = Ratio(numerator, of: divisor)
        let (numerator, divisor) = (ratio.numerator, ratio.denominator)
        for (scale, power) in powersOfTen.enumerated() where power % divisor == 0 {
            let (digits, overflow) = numerator.multipliedReportingOverflow(by: power / divisor)
            if overflow { return nil }
            let whole = String(digits / power)
            if scale == 0 || digits % power == 0 { return whole }
            let fraction = String(digits % power)
            return whole + "." + String(repeating: "0", count: scale - fraction.count) + fraction
        }
        return nil
    }
}

extension Scenario {
    /// Reads a duration as scenario files write it, for example `1.5s`, in nanoseconds; nil if the
    /// text is not a duration.
    package static func nanoseconds(_ duration: String) -> Int64? {
        try? DurationText.parse(duration).get()
    }
}

/// Durations as text. A duration is a whole number of nanoseconds from 0 to 10 years.
enum DurationText {
    static let max: Int64 = 10 * 365 * 86_400 * 1_000_000_000
    static let pattern = #"^[0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h)$"#
    static let example = "a duration such as 500ms or 1.5s"

    static let units: [(name: String, nanoseconds: Int64)] = [
        ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    /// Writes a duration as a whole number of the largest unit that divides it, for example `90s`.
    /// - Parameter nanoseconds: The duration, 0 or more.
    /// - Returns: The text.
    static func text(_ nanoseconds: Int64) -> String {
        if nanoseconds == 0 { return "0s" }
        for unit in units.reversed() where nanoseconds % unit.nanoseconds == 0 {
            return "\(nanoseconds / unit.nanoseconds)\(unit.name)"
        }
        return "\(nanoseconds)ns"
    }

    static func parse(_ text: String) -> Result<Int64, UnitProblem> {
        let (number, unit) = splitQuantity(text)
        if text.hasPrefix("-") { return .failure(UnitProblem("is negative", expected: example)) }
        guard let first = number.utf8.first, JSONText.isDigit(first) else {
            return .failure(UnitProblem("is \(quoted(text))", expected: example))
        }
        if unit.isEmpty {
            return .failure(UnitProblem("has no unit; write \(number)ms or \(number)s"))
        }
        guard let size = units.first(where: { $0.name == unit })?.nanoseconds else {
            let names = units.map(\.name)
            return .failure(
                UnitProblem(
                    "has the unknown unit \(quoted(unit))",
                    expected: "one of \(names.joined(separator: ", "))",
                    suggestion: Suggestion.nearest(to: unit, among: names)))
        }
        guard let decimal = Decimal(number) else {
            return .failure(UnitProblem("is \(quoted(text))", expected: example))
        }
        let product = decimal.digits.multipliedFullWidth(by: UInt64(size))
        let (quotient, remainder) = (UInt128(product.high) << 64 | UInt128(product.low))
            .quotientAndRemainder(dividingBy: UInt128(decimal.divisor))
        guard remainder == 0 else {
            return .failure(UnitProblem("is not a whole number of nanoseconds"))
        }
        guard quotient <= UInt128(max) else { return .failure(UnitProblem("is over 10 years")) }
        return .success(Int64(quotient))
    }
}

/// The error of a malformed quantity. `message` completes a sentence that starts with the key.
struct UnitProblem: Error, Sendable, Hashable {
    var message: String
    var expected: String?
    var suggestion: String?

    init(_ message: String, expected: String? = nil, suggestion: String? = nil) {
        (self.message, self.expected, self.suggestion) = (message, expected, suggestion)
    }
}

/// Splits a quantity into the number at its start and the unit after it.
func splitQuantity(_ text: String) -> (number: String, unit: String) {
    let number = text.utf8.prefix { JSONText.isDigit($0) || $0 == UInt8(ascii: ".") }
    let unit = text.utf8.dropFirst(number.count)
    return (String(Substring(number)), String(Substring(unit)))
}

/// Shares as text: `95%`, or a fraction such as `1/3` if the percentage has no finite decimal form.
enum ShareText {
    static let pattern = #"^([0-9]+(\.[0-9]+)?%|[0-9]+/[0-9]+)$"#
    static let example = "a share such as 5% or 1/3"

    static func text(_ share: Ratio) -> String {
        let (percent, overflow) = share.numerator.multipliedReportingOverflow(by: 100)
        if !overflow, let text = Decimal.text(percent, dividedBy: share.denominator),
            Decimal(text) != nil
        {
            return text + "%"
        }
        return "\(share.numerator)/\(share.denominator)"
    }

    /// Reads a share from 0 to 100 %.
    static func parse(_ text: String) -> Result<Ratio, UnitProblem> {
        if text.hasPrefix("-") { return .failure(UnitProblem("is negative", expected: example)) }
        var share: Ratio?
        if text.hasSuffix("%"), let decimal = Decimal(text.dropLast()) {
            let (divisor, overflow) = decimal.divisor.multipliedReportingOverflow(by: 100)
            if !overflow { share = Ratio(decimal.digits, of: divisor) }
        } else if let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) {
            let (above, below) = (text[..<slash], text[text.utf8.index(after: slash)...])
            if above.utf8.allSatisfy(JSONText.isDigit), below.utf8.allSatisfy(JSONText.isDigit),
                let numerator = UInt64(above), let denominator = UInt64(below), denominator > 0
            {
                share = Ratio(numerator, of: denominator)
            }
        } else if let decimal = Decimal(text) {
            // 0.99 probably means 99 %; 99 certainly does.
            let fix = decimal.digits < decimal.divisor ? "it in percent, such as 5%" : "\(text)%"
            return .failure(UnitProblem("has no unit; write \(fix)"))
        }
        guard let share else {
            return .failure(UnitProblem("is \(quoted(text))", expected: example))
        }
        guard share <= .one else { return .failure(UnitProblem("is over 100%")) }
        return .success(share)
    }
}

extension RequestRate: CustomStringConvertible {
    private static let second: Int64 = 1_000_000_000
    private static let decimalsMax = 6
    static let pattern = #"^[0-9]+(\.[0-9]+)?/[sm]$"#
    static let example = "a rate such as 30/s, 0.5/s or 90/m"

    /// The rate as a scenario file writes it, for example `0.5/s`.
    public var description: String {
        // No power of ten is a multiple of 60, so `per` tells the unit.
        let isPerMinute = per % (60 * Self.second) == 0
        let unit = isPerMinute ? 60 * Self.second : Self.second
        let number = Decimal.text(count, dividedBy: UInt64(per / unit)) ?? String(count)
        return number + (isPerMinute ? "/m" : "/s")
    }

    static func parse(_ text: String) -> Result<RequestRate, UnitProblem> {
        if text.hasPrefix("-") { return .failure(UnitProblem("is negative", expected: example)) }
        let (number, unit) = splitQuantity(text)
        if !number.isEmpty && unit.isEmpty {
            return .failure(UnitProblem("has no unit; write \(number)/s or \(number)/m"))
        }
        guard unit == "/s" || unit == "/m" else {
            guard !number.isEmpty, unit.hasPrefix("/") else {
                return .failure(UnitProblem("is \(quoted(text))", expected: example))
            }
            return .failure(
                UnitProblem("has the unknown unit \(quoted(unit))", expected: "one of /s, /m"))
        }
        guard let decimal = Decimal(number), decimal.scale <= decimalsMax else {
            return .failure(UnitProblem("is \(quoted(text))", expected: example))
        }
        let rate = Ratio(decimal.digits, of: decimal.divisor)
        guard rate <= Ratio(perSecondMax * (unit == "/m" ? 60 : 1), of: 1) else {
            return .failure(UnitProblem("is over 10 million a second"))
        }
        // Reducing `per` as a whole would lose the unit, so only the decimals are reduced.
        let per = Int64(rate.denominator) * (unit == "/m" ? 60 : 1) * second
        return .success(RequestRate(count: rate.numerator, per: per))
    }
}
