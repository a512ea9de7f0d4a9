import Testing

@testable import Flight

/// The figure `rate_limit.success_rate`. A 429 is retried once, after 100 ms.
@Suite struct RateLimitFigureTests {
    @Test(arguments: [(1, "1.0 of 10"), (2, "0.0 of 10"), (4, "none of 0")])
    func itIsTheShareOfLimitedRequestsThatARetrySaves(fail: Int, said: String) throws {
        let flight = try fly(
            """
            duration: 10s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { status: 429, sequence: { fail: \(fail) } } ] }
            """)
        #expect(flight.say("rate_limit.success_rate") == said)
        #expect(flight.say("retry.success_rate") == "none of 0")
    }

    /// `a` is limited at its first attempt, `b` fails at its first, and `c` is limited only at its third.
    @Test func theFirstAttemptDecidesWhereARequestCounts() throws {
        let flight = try fly(
            """
            duration: 10s
            load:
              - { name: a, rate: 1/s, path: /a, use_cache: false }
              - { name: b, rate: 1/s, path: /b, use_cache: false }
              - { name: c, rate: 1/s, path: /c, use_cache: false }
            upstream:
              latency: 10ms
              faults:
                - { status: 429, path: /a, sequence: { fail: 1 } }
                - { status: 503, path: /b, sequence: { fail: 1 } }
                - { status: 503, path: /c, sequence: { fail: 1 } }
                - { status: 429, path: /c, sequence: { fail: 2 } }
            expect:
              - "rate_limit.success_rate{load=a} == 100%"
              - "rate_limit.success_rate{load=b} == 100%"
            """, client: "enable_circuit_breaker: false")
        #expect(flight.say("rate_limit.success_rate") == "1.0 of 10")
        #expect(flight.say("rate_limit.success_rate", load: "a") == "1.0 of 10")
        #expect(flight.say("rate_limit.success_rate", load: "b") == "none of 0")
        #expect(flight.say("retry.success_rate") == "1.0 of 20")
    }

    @Test func onlyIdempotentRequestsCount() throws {
        let flight = try fly(
            """
            duration: 10s
            load:
              - { rate: 1/s, method: PUT, path: /a }
              - { rate: 1/s, method: POST, path: /b }
              - { rate: 1/s, method: POST, path: /c, headers: { idempotency-key: k } }
            upstream: { latency: 10ms, faults: [ { status: 429, sequence: { fail: 1 } } ] }
            """)
        #expect(flight.say("rate_limit.success_rate") == "1.0 of 20")
    }

    /// The limit holds from 10 to 50 s; it clears within 30 s for first attempts from 21 to 49 s. Retries come
    /// 1.01 s after the first attempt, so only that of the request at 49 s is admitted.
    @Test func aLimitCountsWhereItEndsWithinTheReferenceDeadline() throws {
        let flight = try fly(
            """
            duration: 60s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { at: 10s, for: 40s, status: 429 } ] }
            """, client: "retry_base_delay_ms: 1000")
        #expect(flight.say("rate_limit.success_rate") == "\(1.0 / 29) of 29")
        #expect(flight.figure("rate_limit.success_rate")?.offenders == [21, 22, 23, 24, 25])
    }

    /// Requests at 0 and 0.5 s; the second finds no token. A second later there is one, or (with `1/m`) not for 59.5 s.
    @Test(arguments: [("1/s", "1.0 of 1"), ("1/m", "none of 0")])
    func aQuotaClearsWhenThereIsATokenAgain(rate: String, said: String) throws {
        let flight = try fly(
            """
            duration: 1s
            load: [ { rate: 2/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, quota: { rate: \(rate), burst: 1, retry_after: none } }
            """, client: "retry_base_delay_ms: 1000")
        #expect(flight.say("rate_limit.success_rate") == said)
    }

    /// 503 until 10 s opens the breaker at the fifth failure, at 4.01 s; then 429 until 20 s. Of the refused
    /// requests, 5 would have got a 503 and 10 a 429.
    @Test func whatTheBreakerRefusesCountsByHowItWouldHaveFared() throws {
        let flight = try fly(
            """
            duration: 20s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream:
              latency: 10ms
              faults: [ { for: 10s, status: 503 }, { at: 10s, for: 10s, status: 429 } ]
            """, client: "enable_retry: false")
        #expect(flight.say("retry.success_rate") == "0.0 of 10")
        #expect(flight.say("retry.cohort_refused") == "5.0 of 10")
        #expect(flight.figure("retry.cohort_refused")?.offenders == [5, 6, 7, 8, 9])
        #expect(flight.say("rate_limit.success_rate") == "0.0 of 10")
        #expect(flight.figure("rate_limit.success_rate")?.offenders == [10, 11, 12, 13, 14])
    }
}
