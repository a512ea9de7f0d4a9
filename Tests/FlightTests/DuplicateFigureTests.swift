import Testing

@testable import Flight

/// The figure `duplicates`: for each of ten requests two attempts fail, so it is sent three times.
@Suite struct DuplicateFigureTests {
    private func fly(_ load: String, _ fault: String) throws -> FlightResult {
        try FlightTests.fly(
            """
            duration: 10s
            load: [ { rate: 1/s, path: /a, \(load) } ]
            upstream: { latency: 10ms, faults: [ \(fault) ] }
            """, client: "enable_circuit_breaker: false, retry_unsafe_methods: true")
    }

    /// A reset after the request was read leaves the effect in place.
    @Test(arguments: ["method: POST", "method: PATCH"])
    func eachFurtherEffectOfARequestIsADuplicate(load: String) throws {
        let flight = try fly(load, "{ reset: true, sequence: { fail: 2 } }")
        #expect(flight.say("attempts") == "30.0 of 30")
        #expect(flight.say("duplicates") == "20.0 of 30")
        #expect(flight.figure("duplicates")?.offenders == [0, 1, 2, 3, 4])
    }

    @Test(arguments: [
        "{ for: 200ms, every: 1s, refuse: true }", "{ status: 503, sequence: { fail: 2 } }",
    ])
    func anAttemptWithoutAnEffectIsNoDuplicate(fault: String) throws {
        let flight = try fly("method: POST", fault)
        #expect(flight.say("attempts") == "30.0 of 30")
        #expect(flight.say("duplicates") == "0.0 of 10")
    }

    @Test(arguments: [
        "method: PUT", "method: DELETE", "method: GET, use_cache: false",
        "method: POST, headers: { Idempotency-Key: k }",
    ])
    func whatMayBeRepeatedIsNotCounted(load: String) throws {
        let flight = try fly(load, "{ reset: true, sequence: { fail: 2 } }")
        #expect(flight.say("attempts") == "30.0 of 30")
        #expect(flight.say("duplicates") == "none of 0")
    }

    @Test func aClientThatDoesNotRetryThemMakesNone() throws {
        let flight = try FlightTests.fly(
            """
            duration: 10s
            load: [ { name: posts, rate: 1/s, path: /a, method: POST } ]
            upstream: { latency: 10ms, faults: [ { reset: true, sequence: { fail: 2 } } ] }
            expect: [ "duplicates{load=posts} == 0" ]
            """, client: "enable_circuit_breaker: false")
        #expect(flight.say("duplicates") == "0.0 of 10")
        #expect(flight.say("duplicates", load: "posts") == "0.0 of 10")
        #expect(Judge.judge(flight).map(\.verdict) == [.passed])
    }
}
