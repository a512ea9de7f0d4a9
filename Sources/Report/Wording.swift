public import Scenario

/// Numbers as people read them.
public enum Wording {
    /// A figure in its unit: `99.9 %`, `45.2 ms`, `1 000.0/s`, `1.02`, `12`.
    public static func value(_ value: Double, _ unit: Metric.Unit) -> String {
        switch unit {
        case .count: grouped(UInt64(max(0, value.rounded())))
        case .ratio: fixed(value * 100, value > 0 && value < 1 ? 3 : 0) + " %"
        case .factor: fixed(value, 3)
        case .duration: milliseconds(value)
        case .throughput: fixed(value, 1) + "/s"
        }
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
        guard number.isFinite, abs(number) < 1e15 else { return "\(number)" }
        var scale: Double = 1
        for _ in 0..<places { scale *= 10 }
        let scaled = UInt64((abs(number) * scale).rounded())
        let whole = scaled / UInt64(scale)
        let sign = number < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return sign + grouped(whole) }
        let fraction = String(scaled % UInt64(scale))
        return sign + grouped(whole) + "." + String(repeating: "0", count: places - fraction.count)
            + fraction
    }
}
