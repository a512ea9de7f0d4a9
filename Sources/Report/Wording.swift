public import ScenarioFile

/// Numbers as people read them.
public enum Wording {
    /// A figure in its unit: `99.9 %`, `45.2 ms`, `1 000.0/s`, `1.02`, `12`.
    public static func value(_ value: Double, _ unit: Metric.Unit) -> String {
        switch unit {
        case .count: fixed(value, 0)
        case .ratio: share(value)
        case .factor: fixed(value, 3)
        case .duration: milliseconds(value)
        case .throughput: fixed(value, 1) + "/s"
        }
    }

    /// What there is to say of a figure besides its value: its own note, or that it counts few events.
    static func note(_ note: String?, isOfFewEvents: Bool) -> String? {
        note ?? (isOfFewEvents ? "few events" : nil)
    }

    /// A share that is not all does not read as all, and one that is not nothing not as nothing.
    private static func share(_ value: Double) -> String {
        guard value > 0 && value < 1 else { return fixed(value * 100, 0) + " %" }
        if value > 0.999995 { return "> 99.999 %" }
        return value < 0.000005 ? "< 0.001 %" : fixed(value * 100, 3) + " %"
    }

    /// A duration: `45.2 ms` or `12.3 s`.
    public static func milliseconds(_ value: Double) -> String {
        value < 10_000 ? fixed(value, 1) + " ms" : fixed(value / 1_000, 1) + " s"
    }

    /// Nanoseconds, as ``milliseconds(_:)``.
    public static func duration(_ nanoseconds: Int64) -> String {
        milliseconds(Double(nanoseconds) / 1e6)
    }

    /// Bytes: `512 B`, `3.4 MB`.
    public static func bytes(_ count: UInt64) -> String {
        switch count {
        case ..<1_000: "\(count) B"
        case ..<1_000_000: fixed(Double(count) / 1e3, 1) + " kB"
        case ..<1_000_000_000: fixed(Double(count) / 1e6, 1) + " MB"
        default: fixed(Double(count) / 1e9, 1) + " GB"
        }
    }

    /// A whole number in groups of three.
    public static func grouped(_ number: UInt64) -> String {
        let digits = Array(String(number))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(" ") }
            text.append(digit)
        }
        return text
    }

    /// A number with that many digits behind the point, whatever the locale. Halves are rounded away
    /// from zero.
    public static func fixed(_ number: Double, _ places: Int) -> String {
        var scale: Double = 1
        for _ in 0..<places { scale *= 10 }
        // Beyond this a Double holds no such digits, and UInt64 no such number.
        guard abs(number) * scale < 1e18 else { return "\(number)" }
        let scaled = UInt64((abs(number) * scale).rounded())
        let whole = scaled / UInt64(scale)
        let sign = number < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return sign + grouped(whole) }
        let fraction = String(scaled % UInt64(scale))
        return sign + grouped(whole) + "." + String(repeating: "0", count: places - fraction.count)
            + fraction
    }

    /// Text from elsewhere, fit for a terminal: what would move its cursor, change its colours or turn
    /// its direction is written out as `\u{1b}`, line breaks too unless they are kept.
    public static func printable(_ text: String, keepsLines: Bool = false) -> String {
        var shown = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                if keepsLines && scalar == "\n" {
                    shown.unicodeScalars.append(scalar)
                } else {
                    shown += "\\u{\(String(scalar.value, radix: 16))}"
                }
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// A word of a command line, in quotes where a shell would take it for something else.
    public static func shellWord(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "_-./,:+@%".utf8.contains(byte)
            }
        }
        if isPlain && !text.isEmpty { return text }
        return "'"
            + text.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: #"'\''"#) + "'"
    }
}
