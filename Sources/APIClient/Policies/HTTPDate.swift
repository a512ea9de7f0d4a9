/// Parses the three forms of a date in HTTP (RFC 9110 section 5.6.7).
///
/// It is strict about case, whitespace, zone and the number of digits, and the day must exist. The
/// name of the weekday need not match the date: ignoring the date for that reason would let the
/// client return too early.
enum HTTPDate {
    /// Parses a date in any of the three forms.
    ///
    /// - Parameters:
    ///   - text: the field's value, without surrounding whitespace.
    ///   - now: the current time in seconds since 1970, which determines the century of a two-digit
    ///     year. Values outside of the years 1970 to 9999 are clamped.
    /// - Returns: seconds since 1970, negative before it; nil if the text has none of the three
    ///   forms. The leap second 23:59:60 is one second after 23:59:59.
    static func parse(_ text: some Collection<UInt8>, now: Int64) -> Int64? {
        fixdate(text) ?? obsoleteDate(text, now: now) ?? asctimeDate(text)
    }

    /// The preferred form, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func fixdate(_ text: some Collection<UInt8>) -> Int64? {
        var reader = Reader(text)
        guard reader.name(of: weekdays) != nil, reader.take(", "),
            let day = reader.number(digits: 2), reader.take(" "),
            let month = reader.name(of: months), reader.take(" "),
            let year = reader.number(digits: 4), reader.take(" "),
            let time = reader.timeOfDay(), reader.take(" GMT"), reader.isAtEnd
        else { return nil }
        return Day(year: year, month: month, day: day).secondsSince1970(plus: time)
    }

    /// The obsolete form of RFC 850, such as `Sunday, 06-Nov-94 08:49:37 GMT`.
    private static func obsoleteDate(_ text: some Collection<UInt8>, now: Int64) -> Int64? {
        var reader = Reader(text)
        guard reader.name(of: longWeekdays) != nil, reader.take(", "),
            let day = reader.number(digits: 2), reader.take("-"),
            let month = reader.name(of: months), reader.take("-"),
            let year = reader.number(digits: 2), reader.take(" "),
            let time = reader.timeOfDay(), reader.take(" GMT"), reader.isAtEnd
        else { return nil }
        // A date "more than 50 years in the future" means the latest past year with these two
        // digits. The loop starts from the next century, so that 05 in the year 2099 is 2105.
        let now = min(max(now, 0), 253_402_300_799)
        let thisCentury = (1970 + now / 31_556_952) / 100 * 100
        var date = Day(year: Int(thisCentury) + 100 + year, month: month, day: day)
        while date.years(-50).uncheckedSeconds + time > now { date = date.years(-100) }
        return date.secondsSince1970(plus: time)
    }

    /// The form that C's `asctime` writes, such as `Sun Nov  6 08:49:37 1994`.
    private static func asctimeDate(_ text: some Collection<UInt8>) -> Int64? {
        var reader = Reader(text)
        guard reader.name(of: weekdays) != nil, reader.take(" "),
            let month = reader.name(of: months), reader.take(" "),
            let day = reader.number(digits: reader.take(" ") ? 1 : 2), reader.take(" "),
            let time = reader.timeOfDay(), reader.take(" "),
            let year = reader.number(digits: 4), reader.isAtEnd
        else { return nil }
        return Day(year: year, month: month, day: day).secondsSince1970(plus: time)
    }

    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let longWeekdays = [
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

/// A day of the proleptic Gregorian calendar.
private struct Day {
    /// The year, 0 or more.
    var year: Int
    /// The month; 0 is January.
    var month: Int
    /// The day of the month; 1 is the first.
    var day: Int

    private static let daysBeforeMonth = [
        0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365,
    ]

    private var isLeapYear: Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    func years(_ count: Int) -> Day { Day(year: year + count, month: month, day: day) }

    /// The instant `time` seconds into the day, in seconds since 1970; nil if the month has no such
    /// day.
    func secondsSince1970(plus time: Int64) -> Int64? {
        let leapDay = month == 1 && isLeapYear ? 1 : 0
        let length = Self.daysBeforeMonth[month + 1] - Self.daysBeforeMonth[month] + leapDay
        return (1...length).contains(day) ? uncheckedSeconds + time : nil
    }

    /// Midnight in seconds since 1970. A day beyond the month's end counts into the next month.
    var uncheckedSeconds: Int64 {
        // Days since 1 January of the leap year 0; 1970 began on day 719 528.
        let beforeYear = 365 * year + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400
        let leapDay = month > 1 && isLeapYear ? 1 : 0
        let days = beforeYear + Self.daysBeforeMonth[month] + leapDay + day - 1
        return Int64(days - 719_528) * 86_400
    }
}

/// Reads a text from its start, token by token.
private struct Reader<Text: Collection<UInt8>> {
    private var rest: Text.SubSequence

    init(_ text: Text) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }

    /// Consumes exactly this text; returns false and consumes nothing if it does not follow.
    mutating func take(_ literal: String) -> Bool {
        guard rest.starts(with: literal.utf8) else { return false }
        rest = rest.dropFirst(literal.utf8.count)
        return true
    }

    /// Consumes one of the names and returns its index; nil if none follows.
    mutating func name(of names: [String]) -> Int? {
        for (index, name) in names.enumerated() where take(name) { return index }
        return nil
    }

    /// Consumes exactly this number of digits and returns their value.
    mutating func number(digits: Int) -> Int? {
        var number = 0
        for _ in 0..<digits {
            guard let byte = rest.first, let digit = FieldSyntax.digit(byte) else { return nil }
            number = number * 10 + digit
            rest = rest.dropFirst()
        }
        return number
    }

    /// Consumes `hh:mm:ss` and returns the seconds into the day.
    mutating func timeOfDay() -> Int64? {
        guard let hour = number(digits: 2), hour <= 23, take(":"),
            let minute = number(digits: 2), minute <= 59, take(":"),
            let second = number(digits: 2),
            second <= 59 || (hour, minute, second) == (23, 59, 60)
        else { return nil }
        return Int64(hour * 3600 + minute * 60 + second)
    }
}
