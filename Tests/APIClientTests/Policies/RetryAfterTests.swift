import Testing

@testable import APIClient

@Suite struct RetryAfterTests {
    private static let second: Int64 = 1_000_000_000
    /// 1994-11-06T08:49:07Z, 30 s before the date of RFC 9110's examples.
    private static let wallClock = 784_111_747 * second

    @Test(
        "Seconds, whole and plain",
        arguments: [
            ("0", 0), ("00", 0), ("1", 1), ("120", 120), ("0120", 120), (" 7", 7), ("7\t ", 7),
            ("3600", 3600), ("2147483648", 2_147_483_648),
        ] as [(String, Int64)])
    func seconds(value: String, seconds: Int64) {
        #expect(RetryAfter.delay(value, wallClock: Self.wallClock) == seconds * Self.second)
    }

    @Test(
        "A number too large means the longest wait",
        arguments: [
            "9999999999", "9223372036", "9223372036854775807", "9223372036854775808",
            "18446744073709551616", "999999999999999999999999999999",
        ])
    func saturates(value: String) {
        #expect(RetryAfter.delay(value, wallClock: Self.wallClock) == RetryAfter.longest)
    }

    @Test("The longest wait is 73 years, and an instant may be added to it") func longest() {
        #expect(RetryAfter.longest / Self.second / 31_556_952 == 73)
        let threshold = RetryAfter.longest / Self.second
        #expect(RetryAfter.delay("\(threshold)", wallClock: 0) == threshold * Self.second)
        #expect(RetryAfter.delay("\(threshold + 1)", wallClock: 0) == RetryAfter.longest)
    }

    @Test(
        "All three forms of a date",
        arguments: [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994", "  Sun, 06 Nov 1994 08:49:37 GMT\t",
        ])
    func dates(value: String) {
        #expect(RetryAfter.delay(value, wallClock: Self.wallClock) == 30 * Self.second)
        // Never early, by no nanosecond.
        #expect(RetryAfter.delay(value, wallClock: Self.wallClock + 1) == 30 * Self.second - 1)
        #expect(RetryAfter.delay(value, wallClock: Self.wallClock + 30 * Self.second) == 0)
    }

    @Test(
        "A date that has passed asks for nothing",
        arguments: [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994", "Wed, 31 Dec 1969 23:59:59 GMT",
            "Sat, 01 Jan 0000 00:00:00 GMT",
        ])
    func passed(value: String) {
        #expect(RetryAfter.delay(value, wallClock: Self.wallClock + 30 * Self.second + 1) == nil)
    }

    @Test("A date past the range of nanoseconds is still a date in the future")
    func farDates() {
        let end = "Fri, 31 Dec 9999 23:59:59 GMT"
        #expect(RetryAfter.delay(end, wallClock: Self.wallClock) == RetryAfter.longest)
        #expect(RetryAfter.delay(end, wallClock: .max) == RetryAfter.longest)
        let hundredYears = "Sun, 06 Nov 2094 08:49:37 GMT"
        #expect(RetryAfter.delay(hundredYears, wallClock: Self.wallClock) == RetryAfter.longest)
    }

    @Test(
        "Anything else asks for nothing",
        arguments: [
            "", " ", "\t", "-1", "-0", "+5", "1.5", "1,5", "120, 60", ".5", "5.", "1e3", "0x10",
            "5s",
            "5 s", "1 2", "NaN", "inf", "soon", "\u{0665}", "\u{FF15}", "\u{00BD}", "5\u{0}",
            "\u{00A0}5", "5\n", "\"5\"", "tomorrow, 06 Nov 1994 08:49:37 GMT",
            "Sun, 30 Feb 2024 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET",
        ])
    func malformed(value: String) {
        #expect(RetryAfter.delay(value, wallClock: Self.wallClock) == nil)
    }
}
