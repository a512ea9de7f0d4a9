import Testing

@testable import Flight

@Suite struct RetryFigureTests {
    private let off = "enable_circuit_breaker: false"

    /// Each request: 503 after 10 ms, wait of 100 ms, 503, wait of 200 ms, 200. 10 + 100 + 10 + 200 + 10 ms.
    @Test func twoFailuresEachAreRetriedAway() throws {
        let flight = try fly(
            """
            duration: 10s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { status: 503, sequence: { fail: 2 } } ] }
            """, client: off)
        #expect(flight.say("attempts") == "30.0 of 30")
        #expect(flight.say("retry.amplification") == "3.0 of 10")
        #expect(flight.say("retry.success_rate") == "1.0 of 10")
        #expect(flight.say("retry.cohort_refused") == "0.0 of 10")
        #expect(flight.say("latency.max") == "330.0 of 10")
        #expect(flight.checked(.backoffInEnvelope) == 20)
    }

    /// Three failures clear, and the last of three retries succeeds: 4 * 10 + 100 + 200 + 400 ms. With four,
    /// the cause does not clear in time, so the request does not count for the figure.
    @Test(arguments: [(3, "1.0 of 10", "740.0 of 10"), (4, "none of 0", "none of 0")])
    func aSequenceCountsWithAtMostThreeFailuresLeft(fail: Int, rate: String, latency: String) throws
    {
        let flight = try fly(
            """
            duration: 10s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { status: 503, sequence: { fail: \(fail) } } ] }
            """, client: off)
        #expect(flight.say("retry.success_rate") == rate)
        #expect(flight.say("latency.max") == latency)
        #expect(flight.say("attempts") == "40.0 of 40")
    }

    /// One request per second from 0 s on, each with 4 sends at +0, +110, +320 and +730 ms. The sequence fails
    /// 6 attempts: 4 of the first request, at whose first attempt 6 are left, and 2 of the second, at whose
    /// first attempt 2 are left; its third succeeds.
    @Test func aSequenceOfAllCountsWhatWasLeftWhenTheFirstAttemptWasSent() throws {
        let flight = try fly(
            """
            duration: 10s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { status: 503, sequence: { fail: 6, of: all } } ] }
            """, client: off)
        #expect(flight.say("attempts") == "15.0 of 15")
        #expect(flight.say("retry.success_rate") == "1.0 of 1")
    }

    /// All ten are in flight when the first answer comes at 2 s. Of the five that fail, the first had 5
    /// failures left, including its own, and the third had 3.
    @Test func whatWasLeftIsCountedAtTheSendAndNotAtTheAnswer() throws {
        let flight = try fly(
            """
            duration: 1s
            load: [ { rate: 10/s, path: /a, use_cache: false } ]
            upstream: { latency: 2s, faults: [ { status: 503, sequence: { fail: 5, of: all } } ] }
            """, client: "enable_retry: false")
        #expect(flight.say("success_rate") == "0.5 of 10")
        #expect(flight.say("retry.success_rate") == "0.0 of 3")
        #expect(flight.figure("retry.success_rate")?.offenders == [2, 3, 4])
    }

    /// The outage lasts from 10 to 50 s. It clears within 30 s for first attempts after 20 s: those at 21 to 49
    /// s, 29 requests. Sends at +0, +1.01, +3.02 and +7.03 s: those of the requests at 43 to 49 s reach 50 s.
    @Test func anOutageCountsWhereItEndsWithinTheReferenceDeadline() throws {
        let flight = try fly(
            """
            duration: 60s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { at: 10s, for: 40s, status: 503 } ] }
            """, client: off + ", retry_base_delay_ms: 1000")
        #expect(flight.say("retry.success_rate") == "\(7.0 / 29) of 29")
        #expect(flight.figure("retry.success_rate")?.offenders == [21, 22, 23, 24, 25])
        // 33 of the requests at 10 to 49 s fail, so 60 - 33 succeed.
        #expect(flight.say("success_rate") == "\(27.0 / 60) of 60")
    }

    @Test func aRateLimitIsNoTransientFailure() throws {
        let flight = try fly(
            """
            duration: 10s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { status: 429, sequence: { fail: 1 } } ] }
            """)
        #expect(flight.say("success_rate") == "1.0 of 10")
        #expect(flight.say("retry.success_rate") == "none of 0")
        #expect(flight.say("retry.amplification") == "2.0 of 10")
    }

    /// Only the PUTs and the POSTs with a key count: 20 of 30.
    @Test func onlyIdempotentRequestsCount() throws {
        let flight = try fly(
            """
            duration: 10s
            load:
              - { rate: 1/s, method: PUT, path: /a }
              - { rate: 1/s, method: POST, path: /b }
              - { rate: 1/s, method: POST, path: /c, headers: { idempotency-key: k } }
            upstream: { latency: 10ms, faults: [ { status: 503, sequence: { fail: 1 } } ] }
            """, client: off)
        #expect(flight.say("retry.success_rate") == "1.0 of 20")
        #expect(flight.say("success_rate") == "\(20.0 / 30) of 30")
        #expect(flight.checked(.noDoubleEffect) == 0)
    }

    /// A refused connection never reached the upstream, so the POST may be sent again.
    @Test func aRefusedPostIsSentAgain() throws {
        let flight = try fly(
            """
            duration: 1s
            load: [ { rate: 1/s, method: POST, path: /b } ]
            upstream: { latency: 10ms, faults: [ { at: 0s, for: 50ms, refuse: true } ] }
            """, client: off)
        #expect(flight.say("success_rate") == "1.0 of 1")
        #expect(flight.say("attempts") == "2.0 of 2")
        #expect(flight.checked(.noDoubleEffect) == 1)
        // A POST is not idempotent, so it does not count.
        #expect(flight.say("retry.success_rate") == "none of 0")
    }

    /// Timeouts of 1 s: 1 + 0.1 + 1 + 0.2 + 0.01 s; the hang ends after 1.5 s.
    @Test func aTimeoutIsRetriedUntilTheUpstreamAnswers() throws {
        let flight = try fly(
            """
            duration: 1s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { at: 0s, for: 1500ms, hang: true } ] }
            """, client: "request_timeout_ms: 1000")
        #expect(flight.say("latency.max") == "2310.0 of 1")
        #expect(flight.say("retry.success_rate") == "1.0 of 1")
    }

    /// A stale answer is a fallback, not a success of the retries. Stored at 0.01 s for 1 s; requested at 3 s,
    /// which times out at 4 s; one retry from 4.1 to 5.1 s, then the stale answer.
    @Test func aFallbackDoesNotCountAsASuccessOfRetries() throws {
        let flight = try fly(
            """
            duration: 6s
            load: [ { rate: 20/m, path: /a } ]
            upstream: { latency: 10ms, faults: [ { at: 2s, for: 20s, hang: true } ] }
            """, client: "request_timeout_ms: 1000, max_retries: 1, cache_ttl_seconds: 1")
        #expect(flight.say("fallback_rate") == "0.5 of 2")
        #expect(flight.say("success_rate") == "0.5 of 2")
        #expect(flight.say("answers") == "2.0 of 2")
        #expect(flight.say("cache.stale_served") == "1.0 of 2")
        #expect(flight.say("cache.hit_rate") == "0.0 of 2")
        #expect(flight.say("retry.success_rate") == "0.0 of 1")
        #expect(flight.say("latency.all.max") == "2100.0 of 2")
        #expect(flight.say("latency.max") == "10.0 of 1")
        #expect(flight.say("availability") == "0.5 of 2")
    }

    /// One request per second; for two minutes all get a 408 or a 503. The cause clears within 30 s only for the
    /// requests from 91 to 119 s, and later than their last retry.
    @Test(arguments: [408, 503])
    func aRequestTimeoutOfTheUpstreamsClearsWhenItEnds(status: Int) throws {
        let flight = try fly(
            """
            duration: 180s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { for: 120s, status: \(status) } ] }
            """, client: "enable_circuit_breaker: false")
        #expect(flight.say("retry.success_rate") == "0.0 of 29")
    }
}
