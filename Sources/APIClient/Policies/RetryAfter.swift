/// Parses the field `Retry-After` (RFC 9110 section 10.2.3): a number of seconds or a date.
enum RetryAfter {
    /// The longest wait in nanoseconds, 73 years; longer ones are clamped to it. It is beyond every
    /// deadline, and adding an instant to it does not overflow.
    static let longest = Int64.max / 4

    /// The wait that the upstream asks for.
    ///
    /// - Parameters:
    ///   - value: the field's value; surrounding whitespace is ignored.
    ///   - wallClock: the time of day in nanoseconds since 1970, 0 or more.
    /// - Returns: the wait in nanoseconds, 0 or more; nil for a date in the past and for anything
    ///   malformed, such as a sign, a fraction or an exponent.
    static func delay(_ value: String, wallClock: Int64) -> Int64? {
        let text = FieldSyntax.trimmed(value.utf8)
        if let seconds = FieldSyntax.deltaSeconds(text) {
            return min(longest, seconds.multipliedSaturated(by: 1_000_000_000))
        }
        guard let date = HTTPDate.parse(text, now: wallClock / 1_000_000_000) else { return nil }
        // A saturated date is in the year 2262 or later, and is treated as the longest wait.
        let instant = date.multipliedSaturated(by: 1_000_000_000)
        if instant == .max { return longest }
        return instant >= wallClock ? min(longest, instant - wallClock) : nil
    }
}
