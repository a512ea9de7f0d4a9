import Testing

@testable import Flight

@Suite struct RetryAfterFigureTests {
    /// Requests at 0 to 9 s. The one at 5 s gets the 429 at 5.01 s and is sent again at 8.01 s; meanwhile those
    /// at 6, 7 and 8 s are sent. 11 sends in all.
    @Test func theOthersIntrudeWhileOneWaits() throws {
        let flight = try fly(
            """
            duration: 10s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream:
              latency: 10ms
              faults: [ { at: 5s, status: 429, retry_after: 3s, sequence: { fail: 1, of: all } } ]
            """)
        #expect(flight.say("retry_after.honoured") == "1.0 of 1")
        #expect(flight.say("retry_after.intrusions") == "3.0 of 11")
        #expect(flight.say("latency.max") == "3020.0 of 10")
        #expect(flight.checked(.retryAfterRespected) == 1)
    }

    /// The 503 is sent at 5.01 s; its date is 6 + 2 = 8 s.
    @Test func aDateIsHonouredToTheSecond() throws {
        let flight = try fly(
            """
            duration: 10s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream:
              latency: 10ms
              faults:
                - { at: 5s, status: 503, retry_after: { date: 2s }, sequence: { fail: 1, of: all } }
            """)
        #expect(flight.say("retry_after.honoured") == "1.0 of 1")
        #expect(flight.say("latency.max") == "3010.0 of 10")
        // Intrusions at 6 and 7 s; the retry and the request at 8 s are sent at 8 s, when the wait is over.
        #expect(flight.say("retry_after.intrusions") == "2.0 of 11")
    }

    /// An invalid Retry-After is ignored: the client uses its own backoff, within its envelope.
    @Test(arguments: ["soon", "-1", "1.5", "Thu, 32 Foo 2026 00:00:10 GMT"])
    func aMalformedOneIsNotCounted(text: String) throws {
        let flight = try fly(
            """
            duration: 10s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream:
              latency: 10ms
              faults: [ { status: 503, retry_after: { raw: "\(text)" }, sequence: { fail: 1, of: all } } ]
            """)
        #expect(flight.say("retry_after.honoured") == "none of 0")
        #expect(flight.say("latency.max") == "120.0 of 10")
        #expect(flight.checked(.backoffInEnvelope) == 1)
    }

    /// The model does not parse the obsolete date forms, which must not count against the client.
    @Test(arguments: ["Thursday, 01-Jan-26 00:00:03 GMT", "Thu Jan  1 00:00:03 2026"])
    func anObsoleteDateIsNoWrongBackoff(text: String) throws {
        let flight = try fly(
            """
            duration: 1s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream:
              faults: [ { status: 503, retry_after: { raw: "\(text)" }, sequence: { fail: 1 } } ]
            """)
        #expect(flight.say("latency.max") == "3000.0 of 1")
        #expect(flight.checked(.backoffInEnvelope) == 0)
    }

    /// The 503 would arrive after 6 s; the client has timed out at 5 s and does not see it.
    @Test func anAnswerThatComesTooLateAsksForNothing() throws {
        let flight = try fly(
            """
            duration: 1s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream:
              latency: 10ms
              faults:
                - { status: 503, retry_after: 10s, sequence: { fail: 1 } }
                - { for: 1s, latency: 6s }
            """)
        #expect(flight.say("retry_after.honoured") == "none of 0")
        #expect(flight.say("latency.max") == "5110.0 of 1")
    }

    @Test func aRoutesOwnFieldBindsToo() throws {
        let flight = try fly(
            """
            duration: 1s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { routes: [ { path: /a, status: 503, headers: { retry-after: 2 } } ] }
            """)
        // Sends at 0, 2, 4 and 6 s.
        #expect(flight.say("retry_after.honoured") == "1.0 of 3")
        #expect(flight.say("latency.all.max") == "6000.0 of 1")
    }

    /// A valid field value that the scenario states itself applies as well.
    @Test(arguments: [
        "retry_after: { raw: \"3\" }", "headers: { Retry-After: 3 }",
        "retry_after: { raw: \"Thu, 01 Jan 2026 00:00:03 GMT\" }",
    ])
    func aValidOneBindsHoweverItIsWritten(field: String) throws {
        let flight = try fly(
            """
            duration: 10s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream:
              faults: [ { status: 503, \(field), sequence: { fail: 1, of: all } } ]
            """)
        #expect(flight.say("retry_after.honoured") == "1.0 of 1")
        #expect(flight.say("latency.max") == "3000.0 of 10")
        #expect(flight.say("retry_after.intrusions") == "2.0 of 11")
        #expect(flight.checked(.retryAfterRespected) == 1)
    }
}
