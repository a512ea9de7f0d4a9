import Testing

@testable import Flight

@Suite struct AvailabilityFigureTests {
    /// One request per second for two minutes from midnight; those of the first 30 s fail.
    @Test(arguments: [
        ("{ from: 00:00, to: 24:00 }", "0.75 of 120"), ("{ from: 00:01, to: 24:00 }", "1.0 of 60"),
        ("{ from: 00:00, to: 00:01 }", "0.5 of 60"),
        // Virtual time begins on a Thursday.
        ("{ days: [thu], from: 00:00, to: 00:01 }", "0.5 of 60"), ("{ days: [fri] }", "none of 0"),
    ])
    func onlyTheWindowCounts(window: String, said: String) throws {
        let flight = try fly(
            """
            duration: 120s
            window: \(window)
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { for: 30s, status: 503 } ] }
            """, client: "enable_retry: false, enable_circuit_breaker: false")
        #expect(flight.say("availability") == said)
        #expect(flight.say("success_rate") == "0.75 of 120")
    }

    /// 120 requests per minute for three minutes. In the second minute, 1 or 2 of them fail: 99.2 or 98.3 % succeed.
    @Test(arguments: [(1, "1.0 of 3"), (2, "\(2.0 / 3) of 3")])
    func aMinuteIsGoodFrom99PercentOn(failing: Int, said: String) throws {
        let flight = try fly(
            """
            duration: 180s
            load: [ { rate: 2/s, path: /a, use_cache: false } ]
            upstream:
              latency: 10ms
              faults: [ { at: 60s, status: 503, sequence: { fail: \(failing), of: all } } ]
            """, client: "enable_retry: false")
        #expect(flight.say("availability.minutes") == said)
    }

    /// 100 requests in the first minute, of which exactly 99 succeed; 99 in the second, which are too few.
    @Test func aMinuteNeedsAHundredRequests() throws {
        let flight = try fly(
            """
            duration: 120s
            load:
              - { rate: 1/s, for: 99s, path: /a, use_cache: false }
              - { rate: 1/s, for: 40s, path: /a, use_cache: false }
              - { rate: 1/s, at: 60s, path: /a, use_cache: false }
            upstream:
              latency: 10ms
              faults: [ { status: 503, sequence: { fail: 1, of: all } } ]
            """, client: "enable_retry: false")
        #expect(flight.say("requests") == "199.0 of 199")
        #expect(flight.say("availability.minutes") == "1.0 of 1")
    }
}
