/// The field `Retry-After`, RFC 9110 section 10.2.3: seconds or a date.
enum RetryAfter {
    /// What a longer wait becomes, in nanoseconds: 73 years, past any deadline, and far enough from
    /// the end of `Int64` that an instant may be added.
    static let longest = Int64.max / 4

    /// How long the upstream asks to stay away.
    ///
    /// - Parameters:
    ///   - value: the field's value; whitespace around it is ignored.
    ///   - wallClock: nanoseconds since 1970, 0 or more.
    /// - Returns: nanoseconds, 0 or more, never less than asked for up to `longest`. `nil` for a
    ///   date that has passed and for anything malformed, such as a sign, a fraction or an
    ///   exponent.
    static func delay(_ value: String, wallClock: Int64) -> Int64? {
        let text = FieldSyntax.trimmed(value.utf8)
        if let seconds = FieldSyntax.deltaSeconds(text) {
            return min(longest, seconds.multipliedSaturated(by: 1_000_000_000))
        }
        guard let date = HTTPDate.parse(text, now: wallClock / 1_000_000_000) else { return nil }
        // A saturated date is the year 2262 or later; it stays in the future of any clock before.
        let instant = date.multipliedSaturated(by: 1_000_000_000)
        if instant == .max { return longest }
        return instant >= wallClock ? min(longest, instant - wallClock) : nil
    }
}
