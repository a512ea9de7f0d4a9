public import ScenarioFile

/// Formats numbers and text for readers.
public enum Wording {
    /// Formats a figure in its unit: `99.9 %`, `45.2 ms`, `1 000.0/s`, `1.02`, `12`.
    public static func value(_ value: Double, _ unit: Metric.Unit) -> String {
        switch unit {
        case .count: fixed(value, 0)
        case .ratio: share(value)
        case .factor: fixed(value, 3)
        case .duration: milliseconds(value)
        case .throughput: fixed(value, 1) + "/s"
        }
    }

    /// The note that a report prints beside a figure: the figure's own note, or that it counts only
    /// few events. nil if there is none.
    static func note(_ note: String?, isOfFewEvents: Bool) -> String? {
        note ?? (isOfFewEvents ? "few events" : nil)
    }

    /// Formats a share in percent. A share below 1 never reads as 100 %, and one above 0 never as
    /// 0 %.
    private static func share(_ value: Double) -> String {
        guard value > 0 && value < 1 else { return fixed(value * 100, 0) + " %" }
        if value > 0.999995 { return "> 99.999 %" }
        return value < 0.000005 ? "< 0.001 %" : fixed(value * 100, 3) + " %"
    }

    /// Formats a duration in milliseconds: `45.2 ms`, or `12.3 s` from 10 s on.
    public static func milliseconds(_ value: Double) -> String {
        value < 10_000 ? fixed(value, 1) + " ms" : fixed(value / 1_000, 1) + " s"
    }

    /// Formats a duration in nanoseconds like ``milliseconds(_:)``.
    public static func duration(_ nanoseconds: Int64) -> String {
        milliseconds(Double(nanoseconds) / 1e6)
    }

    /// Formats a number of bytes with a decimal unit: `512 B`, `3.4 MB`.
    public static func bytes(_ count: UInt64) -> String {
        switch count {
        case ..<1_000: "\(count) B"
        case ..<1_000_000: fixed(Double(count) / 1e3, 1) + " kB"
        case ..<1_000_000_000: fixed(Double(count) / 1e6, 1) + " MB"
        default: fixed(Double(count) / 1e9, 1) + " GB"
        }
    }

    /// Formats a whole number with a space between groups of three digits.
    public static func grouped(_ number: UInt64) -> String {
        let digits = Array(String(number))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(" ") }
            text.append(digit)
        }
        return text
    }

    /// Formats a number with `places` decimals, independently of the locale. Halves are rounded
    /// away from zero.
    public static func fixed(_ number: Double, _ places: Int) -> String {
        var scale: Double = 1
        for _ in 0..<places { scale *= 10 }
        // A larger `Double` has no exact decimals, and the product would not fit into `UInt64`.
        guard abs(number) * scale < 1e18 else { return "\(number)" }
        let scaled = UInt64((abs(number) * scale).rounded())
        let whole = scaled / UInt64(scale)
        let sign = number < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return sign + grouped(whole) }
        let fraction = String(scaled % UInt64(scale))
        return sign + grouped(whole) + "." + String(repeating: "0", count: places - fraction.count)
            + fraction
    }

    /// Makes text from an untrusted source safe for a terminal. Characters that move the cursor,
    /// change colours or change the direction of text are written as escapes such as `\u{1b}`. Line
    /// breaks are escaped too, unless `keepsLines` is true; it defaults to `false`.
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

    /// Quotes a word of a shell command if it contains characters that a shell would interpret.
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
