import Testing

@testable import Flight

/// The figure `retry.synchrony`. Each request fails once after 10 ms and is sent again 100 ms later.
@Suite struct RetrySynchronyFigureTests {
    private func fly(_ head: String, _ loads: String, _ expect: String = "") throws -> FlightResult
    {
        try FlightTests.fly(
            """
            \(head)
            load:
            \(loads)
            upstream: { latency: 10ms, faults: [ { status: 503, sequence: { fail: 1 } } ] }
            \(expect)
            """, client: "enable_circuit_breaker: false")
    }

    /// 10 retries, each in its own bin; 100 bins.
    @Test func spreadRetriesAreAsManyInEachBinThatHasAny() throws {
        let flight = try fly("duration: 10s", "  - { rate: 1/s, path: /a, use_cache: false }")
        #expect(flight.say("retry.synchrony") == "10.0 of 10")
    }

    /// Sent at 1.00, 1.01, ... 1.09 s; again at 1.11, ... 1.19 and, in the next bin, at 1.20 s.
    @Test func binsAreHalfOpenTenthsOfASecond() throws {
        let flight = try fly(
            "duration: 10s", "  - { at: 1s, for: 100ms, rate: 100/s, path: /a, use_cache: false }")
        #expect(flight.say("retry.synchrony") == "90.0 of 10")
        #expect(flight.figure("retry.synchrony")?.offenders == [0, 1, 2, 3, 4])
    }

    /// The bunch at 1 s is in the warm-up; 5 other retries are counted, in 50 bins.
    @Test func theWarmUpCountsForNeitherPeakNorMean() throws {
        let flight = try fly(
            "duration: 10s\nwarmup: 5s",
            """
              - { at: 1s, for: 100ms, rate: 100/s, path: /a, use_cache: false }
              - { rate: 1/s, path: /b, use_cache: false }
            """)
        #expect(flight.say("retry.synchrony") == "10.0 of 5")
    }

    /// Bins begin at 1.05 s, and the last has 50 ms: 90 bins. Sent at 1.10 to 1.19 s; again at 1.21 to 1.24 s
    /// in one bin and at 1.25 to 1.30 s in the next: 6 of 10.
    @Test func theFirstBinBeginsWhereTheWarmUpEnds() throws {
        let flight = try fly(
            "duration: 10s\nwarmup: 1050ms",
            "  - { at: 1100ms, for: 100ms, rate: 100/s, path: /a, use_cache: false }")
        #expect(flight.say("retry.synchrony") == "54.0 of 10")
    }

    /// Sent at 9.95 s, and again at 10.06 s, after the end.
    @Test func retriesAfterTheEndDoNotCount() throws {
        let flight = try fly(
            "duration: 10s", "  - { at: 9950ms, rate: 1/s, path: /a, use_cache: false }")
        #expect(flight.say("attempts") == "2.0 of 2")
        #expect(flight.say("retry.synchrony") == "none of 0")
    }

    @Test func itMayBeNarrowedToALoad() throws {
        let flight = try fly(
            "duration: 10s",
            """
              - { name: a, at: 1s, for: 100ms, rate: 100/s, path: /a, use_cache: false }
              - { name: b, rate: 1/s, path: /b, use_cache: false }
            """, "expect: [ \"retry.synchrony{load=b} <= 10\" ]")
        #expect(flight.say("retry.synchrony", load: "b") == "10.0 of 10")
        // Nine retries of `a` and one of `b` at 1.11 s: 10 of 20 in 100 bins.
        #expect(flight.say("retry.synchrony") == "50.0 of 20")
    }
}
