extension Int64 {
    /// The sum of two instants or durations, neither negative; `Int64.max`, which never comes, where it
    /// does not fit.
    static func sumSaturated(_ a: Int64, _ b: Int64) -> Int64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }
}
