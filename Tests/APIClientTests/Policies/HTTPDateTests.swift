import KeyedChance
import Testing

@testable import APIClient

@Suite struct HTTPDateTests {
    /// 2026-01-01T00:00:00Z
    private static let now: Int64 = 1_767_225_600

    private static func parse(_ text: String, now: Int64 = now) -> Int64? {
        HTTPDate.parse(text.utf8, now: now)
    }

    @Test(
        "The examples of RFC 9110 section 5.6.7 are one and the same instant",
        arguments: [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ])
    func examples(text: String) {
        #expect(Self.parse(text) == 784_111_777)
    }

    @Test(
        "Known instants",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
            ("Sun, 09 Sep 2001 01:46:40 GMT", 1_000_000_000),
            ("Tue, 19 Jan 2038 03:14:08 GMT", 2_147_483_648),
            ("Thu, 01 Jan 2026 00:00:00 GMT", 1_767_225_600),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
            ("Mon, 01 Jan 0001 00:00:00 GMT", -62_135_596_800),
            ("Sat, 01 Jan 0000 00:00:00 GMT", -62_167_219_200),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800),
            ("Tue Nov 16 08:49:37 1994", 784_975_777),
        ] as [(String, Int64)])
    func known(text: String, seconds: Int64) {
        #expect(Self.parse(text) == seconds)
    }

    @Test("Every day from 1895 to 2105 follows the one before") func everyDay() {
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        var previous: Int64?
        for year in 1895...2105 {
            for month in months {
                for day in 1...31 {
                    let digits = day < 10 ? "0\(day)" : "\(day)"
                    let text = "Mon, \(digits) \(month) \(year) 00:00:00 GMT"
                    guard let seconds = Self.parse(text) else { continue }
                    if let previous, seconds != previous + 86_400 { Issue.record("\(text)") }
                    previous = seconds
                }
            }
        }
        // 31 December 2105: with every step one day, no day was missed or refused.
        #expect(previous == 4_291_660_800)
    }

    @Test(
        "A leap second is the second after, and exists only at 23:59:60",
        arguments: [
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
            ("Saturday, 31-Dec-16 23:59:60 GMT", 1_483_228_800),
            ("Sat Dec 31 23:59:60 2016", 1_483_228_800), ("Sat, 31 Dec 2016 23:58:60 GMT", nil),
            ("Sat, 31 Dec 2016 22:59:60 GMT", nil), ("Sat, 31 Dec 2016 23:59:61 GMT", nil),
        ] as [(String, Int64?)])
    func leapSeconds(text: String, seconds: Int64?) {
        #expect(Self.parse(text) == seconds)
    }

    @Test(
        "A two-digit year more than 50 years ahead is in the past",
        arguments: [
            // Seen from 2026-01-01T00:00:00Z: 2076 begins exactly 50 years later.
            ("Wednesday, 01-Jan-76 00:00:00 GMT", 1_767_225_600, 3_345_062_400),
            ("Wednesday, 01-Jan-76 00:00:01 GMT", 1_767_225_600, 189_302_401),
            ("Friday, 31-Dec-75 23:59:59 GMT", 1_767_225_600, 3_345_062_399),
            ("Thursday, 01-Jan-26 00:00:00 GMT", 1_767_225_600, 1_767_225_600),
            ("Friday, 31-Dec-99 23:59:59 GMT", 1_767_225_600, 946_684_799),
            // Seen from 2099-06-01: 05 is six years ahead, not 94 behind.
            ("Thursday, 01-Jan-05 00:00:00 GMT", 4_083_955_200, 4_260_211_200),
            // Seen from 1970: 19 is 2019; 21 is 1921, not 2021.
            ("Tuesday, 01-Jan-19 00:00:00 GMT", 0, 1_546_300_800),
            ("Saturday, 01-Jan-21 00:00:00 GMT", 0, -1_546_300_800),
            // 29 February 2000 exists, 2100 has none.
            ("Tuesday, 29-Feb-00 00:00:00 GMT", 1_767_225_600, 951_782_400),
            ("Monday, 29-Feb-00 00:00:00 GMT", 4_083_955_200, nil),
        ] as [(String, Int64, Int64?)])
    func fiftyYears(text: String, now: Int64, seconds: Int64?) {
        #expect(Self.parse(text, now: now) == seconds)
    }

    @Test("A two-digit year is always the latest that is not more than 50 years ahead")
    func fiftyYearsEverywhere() throws {
        var chance = Chance(seed: 3, stream: .init("dates"))
        let halfCentury: Int64 = 50 * 31_556_952
        for _ in 0..<20_000 {
            let now = Int64(chance.below(8_000_000_000))
            let year = chance.below(100)
            let text = "Monday, 15-Jun-\(year < 10 ? "0" : "")\(year) 12:00:00 GMT"
            let seconds = try #require(Self.parse(text, now: now))
            // 50 years are one day more or less, by the leap days in between.
            #expect(seconds <= now + halfCentury + 2 * 86_400)
            #expect(seconds > now - halfCentury - 2 * 86_400)
        }
    }

    @Test("A clock that is out of its mind does not trap", arguments: [Int64.min, -1, Int64.max])
    func absurdClock(now: Int64) {
        #expect(Self.parse("Sunday, 06-Nov-94 08:49:37 GMT", now: now) != nil)
    }

    @Test("The weekday's name counts, whether it is that date's does not")
    func wrongWeekday() {
        #expect(Self.parse("Mon, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
        #expect(Self.parse("Monday, 06-Nov-94 08:49:37 GMT") == 784_111_777)
        #expect(Self.parse("Mon Nov  6 08:49:37 1994") == 784_111_777)
    }

    @Test(
        "Anything else is no date",
        arguments: [
            "", " ", "GMT", "Sun", "Sun, ", "0", "784111777", "1994-11-06T08:49:37Z",
            "sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 gmt", "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 +0000", "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMTx", "Sun,06 Nov 1994 08:49:37 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06  Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06 Nov 19940 08:49:37 GMT",
            "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
            "Sun, 06 Nov 1994 08:49:-1 GMT", "Sun, 06 Nov 1994 08:49:+1 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
            "Sun, 30 Feb 2024 08:49:37 GMT", "Sun, 29 Feb 2023 08:49:37 GMT",
            "Sun, 29 Feb 1900 08:49:37 GMT", "Sun, 32 Dec 2024 08:49:37 GMT",
            "Xyz, 06 Nov 1994 08:49:37 GMT", "06 Nov 1994 08:49:37 GMT",
            "Sunday, 06 Nov 1994 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
            "Sunday, 06-Nov-1994 08:49:37 GMT", "Sunday, 6-Nov-94 08:49:37 GMT",
            "Sunday, 30-Feb-94 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37",
            "Sun Nov 6 08:49:37 1994", "Sun Nov 06 08:49:37 94", "Sun Nov  6 08:49:37 1994 GMT",
            "Sun Nov   6 08:49:37 1994", "Sun Nov  0 08:49:37 1994", "Sun Feb 30 08:49:37 1994",
            "Sun, \u{0660}6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT\u{0}",
        ])
    func malformed(text: String) {
        #expect(Self.parse(text) == nil)
    }

    @Test("asctime pads the day with a space or not at all, never with another")
    func asctimeDays() {
        #expect(Self.parse("Sun Nov 06 08:49:37 1994") == 784_111_777)
        #expect(Self.parse("Wed Nov 16 08:49:37 1994") == 784_975_777)
        #expect(Self.parse("Wed Nov  16 08:49:37 1994") == nil)
    }

    @Test("No text with one byte changed traps") func mangled() {
        var chance = Chance(seed: 5, stream: .init("mangled"))
        let forms = [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ]
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = Array(forms[Int(chance.below(3))].utf8)
            bytes[Int(chance.below(UInt64(bytes.count)))] = UInt8(chance.below(256))
            if chance.below(4) == 0 { bytes.removeLast(Int(chance.below(UInt64(bytes.count)))) }
            if HTTPDate.parse(bytes, now: Self.now) == nil { refused += 1 }
        }
        #expect(refused > 15_000)
    }
}
