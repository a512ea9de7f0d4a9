import Testing

@testable import Flight

/// The figure `upstream.wasted_work`.
@Suite struct WastedWorkFigureTests {
    private let alone = "enable_retry: false, enable_circuit_breaker: false"

    /// One server, 300 ms per request. Sent at 0, 0.1, ... 0.4 s; served until 0.3, 0.6, 0.9, 1.2 and 1.5 s;
    /// answered 200 ms later. The clients of the last two are gone after a second each: at 1.3 s, when the work
    /// is done, and at 1.4 s, when 100 ms of work are left.
    @Test(arguments: [("finish", "100.0 of 5", [4]), ("drop", "0.0 of 5", [])])
    func onlyWorkAfterTheClientWentIsWasted(
        abandoned: String, said: String, offenders: [UInt64]
    ) throws {
        let flight = try fly(
            """
            duration: 1s
            load: [ { rate: 10/s, for: 500ms, path: /a, use_cache: false } ]
            upstream:
              latency: 200ms
              capacity: { servers: 1, queue: 10, service: 300ms, abandoned: \(abandoned) }
            """, client: alone + ", request_timeout_ms: 1000")
        #expect(flight.say("success_rate") == "0.6 of 5")
        #expect(flight.say("upstream.wasted_work") == said)
        #expect(flight.figure("upstream.wasted_work")?.offenders == offenders)
    }

    /// The first is served from 0 to 1 s. The caller of the second arrives at 0.1 s and gives up at 0.2 s: it
    /// is served from 1 to 2 s nevertheless, or leaves the queue and is not served.
    @Test(arguments: [("finish", "1000.0 of 2"), ("drop", "0.0 of 1")])
    func aCallerWhoGivesUpInTheQueueIsGone(abandoned: String, said: String) throws {
        let flight = try fly(
            """
            duration: 1s
            load:
              - { rate: 1/s, path: /a, use_cache: false }
              - { at: 100ms, rate: 1/s, path: /b, use_cache: false, cancel_after: 100ms }
            upstream:
              latency: 1ms
              capacity: { servers: 1, queue: 10, service: 1s, abandoned: \(abandoned) }
            """, client: alone)
        #expect(flight.say("upstream.wasted_work") == said)
    }

    /// 1.5 s of work with a timeout of 1 s: an upstream that hangs never answers; a connection that is cut at
    /// 1.51 s comes too late; a refused connection causes no work.
    @Test(arguments: [
        ("{ hang: true }", "500.0 of 1"), ("{ reset: true }", "500.0 of 1"),
        ("{ refuse: true }", "none of 0"),
    ])
    func theEndingDecidesWhetherSomebodyStillWaits(fault: String, said: String) throws {
        let flight = try fly(
            """
            duration: 1s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream:
              latency: 10ms
              capacity: { servers: 1, queue: 0, service: 1500ms }
              faults: [ \(fault) ]
            """, client: alone + ", request_timeout_ms: 1000")
        #expect(flight.say("upstream.wasted_work") == said)
    }

    @Test func withoutCapacityThereIsNoWorkToWaste() throws {
        let flight = try fly(
            """
            duration: 1s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 2s }
            """, client: alone + ", request_timeout_ms: 1000")
        #expect(flight.say("upstream.wasted_work") == "none of 0")
    }
}
