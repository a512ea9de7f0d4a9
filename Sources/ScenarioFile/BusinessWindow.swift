/// The weekly hours, in UTC, whose requests count for the availability figures.
public struct BusinessWindow: Sendable, Hashable {
    /// A day of the week, as a scenario file writes it.
    public enum Weekday: String, Sendable, Hashable, CaseIterable {
        case monday = "mon"
        case tuesday = "tue"
        case wednesday = "wed"
        case thursday = "thu"
        case friday = "fri"
        case saturday = "sat"
        case sunday = "sun"
    }

    /// The days that count, each at most once, in the order from Monday to Sunday. Defaults to all
    /// seven days.
    public var days: [Weekday]
    /// The first minute of each day that counts. Minutes after midnight, 0 to 1 439; defaults to 0.
    public var from: Int
    /// The first minute after the window. Minutes after midnight, above `from` and at most 1 440;
    /// defaults to 1 440.
    public var to: Int

    /// Creates a window. The defaults cover every minute of the week. The values are not checked.
    public init(days: [Weekday] = Weekday.allCases, from: Int = 0, to: Int = 1_440) {
        self.days = days
        self.from = from
        self.to = to
    }

    /// Tells whether an instant lies in the window.
    /// - Parameter instant: Nanoseconds since 1970-01-01T00:00:00Z.
    /// - Returns: `true` if the day is one of `days` and the minute is at least `from` and below
    ///   `to`.
    public func contains(_ instant: Int64) -> Bool {
        let minute: Int64 = 60_000_000_000
        let (day, rest) = Timestamp.floorDivide(instant, by: 1_440 * minute)
        // The first day of 1970 was a Thursday.
        let (_, weekday) = Timestamp.floorDivide(day + 3, by: 7)
        let minuteOfDay = Int(rest / minute)
        return days.contains(Weekday.allCases[Int(weekday)]) && minuteOfDay >= from
            && minuteOfDay < to
    }
}

/// The keys of `window:` in a scenario file.
enum WindowKeys {
    static let days = Key(
        "days", "The days that count. Defaults to all.",
        Form<[BusinessWindow.Weekday]>.list(of: .choice, least: 1))
    static let from = Key(
        "from", "When the window begins on each day. Defaults to 00:00.", time(lastMinute: 1_439))
    static let to = Key(
        "to", "When the window ends on each day. Defaults to 24:00.", time(lastMinute: 1_440))

    static let table = KeyTable("window", [AnyKey(days), AnyKey(from), AnyKey(to)])

    static let form = Form<BusinessWindow>.mapping({ table }) { reader, findings in
        var window = BusinessWindow()
        if let days = reader.read(days, &findings) {
            for (index, day) in days.enumerated() where days[..<index].contains(day) {
                findings.report("'\(day.rawValue)' is given twice", at: reader.place(of: "days"))
            }
            window.days = BusinessWindow.Weekday.allCases.filter(days.contains)
        }
        let (from, to) = (reader.read(from, &findings), reader.read(to, &findings))
        window.from = from ?? 0
        window.to = to ?? 1_440
        if window.from >= window.to {
            findings.report(
                "the window ends at \(text(window.to)), not after \(text(window.from))",
                at: reader.position)
        }
        return window
    }

    static func json(_ window: BusinessWindow) -> JSON {
        .object([
            .init("days", .array(window.days.map { .string($0.rawValue) })),
            .init("from", .string(text(window.from))), .init("to", .string(text(window.to))),
        ])
    }

    /// The time of day as a scenario file writes it, for example `09:00`.
    private static func text(_ minutes: Int) -> String {
        Timestamp.padded(minutes / 60, 2) + ":" + Timestamp.padded(minutes % 60, 2)
    }

    private static func time(lastMinute: Int) -> Form<Int> {
        let expected = "a time from 00:00 to \(text(lastMinute))"
        return .quantity(expected, pattern: "^([01][0-9]|2[0-4]):[0-5][0-9]$") { text in
            let bytes = Array(text.utf8)
            guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"),
                let hours = Timestamp.number(bytes[0..<2]),
                let minutes = Timestamp.number(bytes[3..<5]),
                minutes < 60, hours * 60 + minutes <= lastMinute
            else { return .failure(UnitProblem("is \(quoted(text))", expected: expected)) }
            return .success(hours * 60 + minutes)
        }
    }
}
