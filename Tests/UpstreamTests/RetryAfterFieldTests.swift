import HTTPTypes
import Testing

@testable import Upstream

@Suite struct RetryAfterFieldTests {
    /// The first two are RFC 9110's own; the table is Python's `email.utils.formatdate`.
    @Test(
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (784_887_151, "Tue, 15 Nov 1994 08:12:31 GMT"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (1, "Thu, 01 Jan 1970 00:00:01 GMT"),
            (951782399, "Mon, 28 Feb 2000 23:59:59 GMT"),
            (951782400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (951868799, "Tue, 29 Feb 2000 23:59:59 GMT"),
            (951868800, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (1078012800, "Sun, 29 Feb 2004 00:00:00 GMT"),
            (1709164800, "Thu, 29 Feb 2024 00:00:00 GMT"),
            (1767225600, "Thu, 01 Jan 2026 00:00:00 GMT"),
            (2147483648, "Tue, 19 Jan 2038 03:14:08 GMT"),
            (4107542399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (161042648, "Fri, 07 Feb 1975 22:04:08 GMT"),
            (300026767, "Thu, 05 Jul 1979 12:46:07 GMT"),
            (647892279, "Fri, 13 Jul 1990 18:04:39 GMT"),
            (776213899, "Sat, 06 Aug 1994 22:58:19 GMT"),
            (1243862422, "Mon, 01 Jun 2009 13:20:22 GMT"),
            (1703729684, "Thu, 28 Dec 2023 02:14:44 GMT"),
            (1823296038, "Mon, 11 Oct 2027 23:07:18 GMT"),
            (1862494042, "Sun, 07 Jan 2029 15:27:22 GMT"),
            (2179419893, "Sun, 23 Jan 2039 18:24:53 GMT"),
            (2301595691, "Sun, 07 Dec 2042 20:08:11 GMT"),
            (2795742288, "Mon, 05 Aug 2058 03:04:48 GMT"),
            (3687093963, "Sat, 02 Nov 2086 16:46:03 GMT"),
            (4070378921, "Thu, 25 Dec 2098 20:48:41 GMT"),
            (4192983756, "Tue, 14 Nov 2102 21:42:36 GMT"),
            (4495038384, "Fri, 10 Jun 2112 21:46:24 GMT"),
            (4544070773, "Sat, 30 Dec 2113 09:52:53 GMT"),
            (4606078771, "Wed, 18 Dec 2115 02:19:31 GMT"),
            (4684576729, "Mon, 13 Jun 2118 15:18:49 GMT"),
            (4800881088, "Wed, 18 Feb 2122 18:04:48 GMT"),
            (4826692643, "Mon, 14 Dec 2122 11:57:23 GMT"),
            (4914538148, "Wed, 26 Sep 2125 05:29:08 GMT"),
            (5253771353, "Tue, 26 Jun 2136 12:55:53 GMT"),
            (5619886648, "Thu, 01 Feb 2148 23:37:28 GMT"),
            (5685818424, "Fri, 06 Mar 2150 02:00:24 GMT"),
            (5865589240, "Sat, 15 Nov 2155 18:20:40 GMT"),
            (6773605583, "Tue, 24 Aug 2184 05:06:23 GMT"),
            (6989772469, "Fri, 01 Jul 2191 03:27:49 GMT"),
        ] as [(Int64, String)])
    func datesAreIMFFixdates(seconds: Int64, text: String) {
        #expect(HTTPDateFormat.string(seconds) == text)
        #expect(HTTPDateFormat.seconds(text) == seconds)
    }

    private func decision(
        _ field: RetryAfterField, status code: Int = 429, at instant: Int64,
        latency: Int64 = 40 * ms
    ) -> Decision {
        let model = upstream(latency: .fixed(latency), [status(code, retryAfter: field)])
        return model.decide(arrival(), at: instant)
    }

    @Test(arguments: [429, 503])
    func secondsCountFromTheAnswer(code: Int) {
        let decision = decision(.seconds(7), status: code, at: 3 * second)
        #expect(decision.answer?.fields[.retryAfter] == "7")
        #expect(decision.notBefore == 10 * second + 40 * ms)
    }

    @Test func zeroSecondsIsAtOnce() {
        #expect(decision(.seconds(0), at: second).notBefore == second + 40 * ms)
    }

    /// The answer leaves at 3.040 s; the date is 4 s + 7 s, a whole second and not too early.
    @Test func aDateIsAWholeSecondAndNeverBeforeWhatIsMeant() {
        let decision = decision(.date(seconds: 7), at: 3 * second)
        #expect(decision.answer?.fields[.retryAfter] == "Thu, 01 Jan 2026 00:00:11 GMT")
        #expect(decision.notBefore == 11 * second)
    }

    @Test func aDateFromAWholeSecondIsNotRoundedUp() {
        let decision = decision(.date(seconds: 7), at: 3 * second, latency: 0)
        #expect(decision.answer?.fields[.retryAfter] == "Thu, 01 Jan 2026 00:00:10 GMT")
        #expect(decision.notBefore == 10 * second)
    }

    @Test(arguments: [
        "soon", "", "-1", "+1", "1.5", "1e3", "Thu, 01 Jan 2026 00:00:03",
        "Thu, 32 Jan 2026 00:00:03 GMT",
        "Fri, 01 Jan 2026 00:00:03 GMT", "Thu, 01 Jan 2026 24:00:03 GMT",
        "Thu, 01 jan 2026 00:00:03 GMT",
        "Wed, 31 Dec 2025 23:59:59 GMT",
    ])
    func whatIsMalformedOrPastSaysNothing(text: String) {
        let decision = decision(.raw(text), at: 0)
        #expect(decision.answer?.fields[.retryAfter] == text)
        #expect(decision.notBefore == nil)
    }

    @Test(
        arguments: [
            ("3", 3_040), ("0", 40), ("007", 7_040), ("99999999999999999999", Int64.max / ms),
            ("Thu, 01 Jan 2026 00:00:03 GMT", 3_000),
        ] as [(String, Int64)])
    func aValidTextSaysWhatItSays(text: String, milliseconds: Int64) {
        #expect(decision(.raw(text), at: 0).notBefore.map { $0 / ms } == milliseconds)
    }

    @Test func aFieldAmongTheOthersCountsToo() throws {
        let fault = StatusFault(status: 429, headers: [Field(name: "retry-after", value: "3")])
        let model = upstream([Fault(effect: .status(fault))])
        #expect(model.decide(arrival(), at: 0).notBefore == 3 * second + 40 * ms)
        let route = Route(
            path: try PathPattern("/**"), status: 503,
            headers: [Field(name: "Retry-After", value: "3")])
        let routed = upstream(routes: [route])
        #expect(routed.decide(arrival(), at: 0).notBefore == 3 * second + 40 * ms)
        let slowed = upstream(routes: [route], [slow(.fixed(ms))])
        #expect(slowed.decide(arrival(), at: 0).notBefore == 3 * second + 41 * ms)
    }

    @Test(arguments: [408, 500, 502, 504])
    func onlyA429AndA503AreHeeded(code: Int) {
        let decision = decision(.seconds(7), status: code, at: 0)
        #expect(decision.answer?.fields[.retryAfter] == "7")
        #expect(decision.notBefore == nil)
    }

    @Test(arguments: [RetryAfterField.seconds(.max), .date(seconds: .max), .seconds(9_999_999_999)])
    func aWaitThatNoClockReachesDoesNotTrap(field: RetryAfterField) throws {
        let notBefore = try #require(decision(field, at: second).notBefore)
        #expect(notBefore > 9_000_000_000 * second)
    }
}
