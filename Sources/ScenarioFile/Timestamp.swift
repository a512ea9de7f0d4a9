/// Instants as text, for example `2026-01-01T00:00:00Z`: UTC, Gregorian calendar, from 1970 to
/// 2199.
enum Timestamp {
    static let expected = "an instant in UTC such as 2026-01-01T00:00:00Z, from 1970 to 2199"
    static let pattern = #"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z$"#
    private static let second: Int64 = 1_000_000_000

    /// Writes an instant with as many decimals as it needs.
    /// - Parameter instant: Nanoseconds since 1970-01-01T00:00:00Z.
    /// - Returns: The text, for example `2026-01-01T00:00:00.5Z`.
    static func text(_ instant: Int64) -> String {
        let (seconds, fraction) = floorDivide(instant, by: second)
        let (days, time) = floorDivide(seconds, by: 86_400)
        let (year, month, day) = date(ofDay: days)
        var text = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
        text += [time / 3_600, time / 60 % 60, time % 60].map { padded(Int($0), 2) }
            .joined(separator: ":")
        if fraction > 0 {
            var digits = padded(Int(fraction), 9)
            while digits.hasSuffix("0") { digits.removeLast() }
            text += "." + digits
        }
        return text + "Z"
    }

    static func parse(_ text: String) -> Result<Int64, UnitProblem> {
        let problem = UnitProblem("is \(quoted(text))", expected: expected)
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z"),
            zip([4, 7, 10, 13, 16], "--T::".utf8).allSatisfy({ bytes[$0] == $1 }),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
            let day = number(bytes[8..<10]), let hour = number(bytes[11..<13]),
            let minute = number(bytes[14..<16]), let seconds = number(bytes[17..<19]),
            (1970...2199).contains(year), (1...12).contains(month), hour < 24, minute < 60,
            seconds < 60
        else { return .failure(problem) }
        let days = self.day(ofYear: year, month: month, day: day)
        guard date(ofDay: days) == (year, month, day) else { return .failure(problem) }
        var fraction: Int64 = 0
        let tail = bytes[19..<(bytes.count - 1)]
        if !tail.isEmpty {
            guard tail.first == UInt8(ascii: "."), (2...10).contains(tail.count),
                let digits = number(tail.dropFirst())
            else { return .failure(problem) }
            fraction = Int64(digits) * Int64(Decimal.powersOfTen[10 - tail.count])
        }
        let time = Int64(hour * 3_600 + minute * 60 + seconds)
        return .success((days * 86_400 + time) * second + fraction)
    }

    /// The number that 1 to 9 digits make; nil for any other text.
    static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.count <= 9, digits.allSatisfy(JSONText.isDigit) else {
            return nil
        }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    static func floorDivide(_ number: Int64, by divisor: Int64) -> (
        quotient: Int64, remainder: Int64
    ) {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    /// Days since 1970-01-01. The calculation lets the year start in March, so that the leap day is
    /// its last day.
    private static func day(ofYear year: Int, month: Int, day: Int) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let monthFromMarch = (month + 9) % 12
        let leapDays = marchYear / 4 - marchYear / 100 + marchYear / 400
        // 719 468 days lie between 0000-03-01 and 1970-01-01.
        return Int64(
            marchYear * 365 + leapDays + (153 * monthFromMarch + 2) / 5 + day - 1 - 719_468)
    }

    private static func date(ofDay day: Int64) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra64) = floorDivide(day + 719_468, by: 146_097)
        let dayOfEra = Int(dayOfEra64)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + Int(era) * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}
