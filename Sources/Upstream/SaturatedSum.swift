extension Int64 {
    /// The sum of two instants or durations that are not negative, or `Int64.max` if it overflows:
    /// an instant that never comes.
    static func sumSaturated(_ a: Int64, _ b: Int64) -> Int64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }
}
