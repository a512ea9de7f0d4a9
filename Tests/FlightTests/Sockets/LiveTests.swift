import ScenarioFile
import Simulation
import Testing

@testable import Flight

@Suite(.timeLimit(.minutes(5)), .serialized) struct LiveTests {
    private func fly(_ plan: Scenario, _ mode: FlightMode) throws -> FlightResult {
        var options = FlightOptions(seed: 3, version: "test")
        options.mode = mode
        let result = try FlightRun.fly(plan, options)
        #expect(result.violated == [])
        return result
    }

    /// The outcome of each attempt depends on its number, not on the instant at which it is sent.
    private func noise() throws -> Scenario {
        try scenario(
            """
            duration: 2s
            load: [ { rate: 40/s, path: "/v1/users/{1..50}", use_cache: false } ]
            upstream:
              latency: 20ms
              faults:
                - { probability: 10%, status: 503 }
                - { probability: 5%, reset: true }
            """, client: "retry_base_delay_ms: 7, circuit_breaker_threshold: 20")
    }

    /// Without retries, every attempt is sent at its request's arrival, and none arrives near an edge or a
    /// transition of the breaker to half-open.
    private func outage() throws -> Scenario {
        try scenario(
            """
            duration: 4s
            load: [ { rate: 450/m, path: "/v1/users/{1..50}", use_cache: false } ]
            upstream:
              latency: 5ms
              faults: [ { at: 550ms, for: 2s, refuse: true } ]
            """, client: "enable_retry: false, circuit_breaker_timeout_s: 1")
    }

    @Test(arguments: ["noise", "outage"])
    func inRealTimeTheOutcomesAreThoseOfVirtualTime(_ name: String) throws {
        let plan = name == "noise" ? try noise() : try outage()
        let virtual = try fly(plan, .simulated)
        let live = try fly(plan, .live)
        for name in ["requests", "attempts", "success_rate", "breaker.opens"] {
            #expect(live.say(name) == virtual.say(name), "\(name)")
        }
        #expect((virtual.figure("breaker.opens")?.value ?? 0 > 0) == (name == "outage"))
        #expect(live.wallSeconds >= virtual.virtualSeconds - 0.1)
        #expect(virtual.delivery == nil)
    }

    @Test func itTellsHowLateAnswersCame() throws {
        let delivery = try #require(try fly(try noise(), .live).delivery)
        #expect(delivery.samples > 50)
        let (p50, p99, max) = (
            try #require(delivery.p50), try #require(delivery.p99), try #require(delivery.max)
        )
        // Deliveries are never early: each delay is waited out completely.
        #expect(p50 >= 0)
        #expect(p50 <= p99 && p99 <= max)
    }

    @Test func aCallerWhoGivesUpTakesTheTransferDown() throws {
        let plan = try scenario(
            """
            duration: 1s
            load: [ { rate: 20/s, path: /a, use_cache: false, cancel_after: 50ms } ]
            upstream: { latency: 10s }
            """)
        let result = try fly(plan, .live)
        #expect(result.wallSeconds < 5)
        #expect(result.say("success_rate") == "0.0 of 20")
    }

    @Test func aStopFlagEndsItSoon() throws {
        let flag = StopFlag()
        var options = FlightOptions(seed: 3, version: "test")
        options.mode = .live
        options.stopFlag = flag
        options.progress = { _, _ in }
        flag.raise()
        let result = try FlightRun.fly(try noise(), options)
        #expect(result.isInterrupted)
        #expect(result.wallSeconds < 2)
    }

    @Test func aLatencyThatOnlyTheMachineMissedIsInconclusive() throws {
        let plan = try scenario(
            """
            duration: 10s
            load: [ { rate: 40/s, path: /a, use_cache: false } ]
            upstream: { latency: 20ms }
            expect: [ latency.p50 <= 20ms ]
            """)
        func flight(_ observed: Double, _ late: Double) -> FlightResult {
            var flight = FlightResult(
                scenario: plan, seed: 1, mode: .live, digest: "", lines: 0, traceBytes: 0,
                virtualSeconds: 10, wallSeconds: 10,
                figures: [Figure("latency.p50", observed, samples: 400)], invariants: [],
                isInterrupted: false)
            flight.delivery = DeliveryFigures(
                p50: 0, p99: late, max: late, samples: 400, raced: 0)
            return flight
        }
        func verdict(observed: Double, late: Double) -> Verdict? {
            Judge.judge(flight(observed, late)).first?.verdict
        }
        #expect(verdict(observed: 20, late: 5) == .passed)
        #expect(verdict(observed: 24, late: 5) == .inconclusive)
        #expect(verdict(observed: 26, late: 5) == .failed)
        // The same applies to ten seeds that are judged together.
        for (observed, expected) in [(19.0, Verdict.passed), (24, .inconclusive), (27, .failed)] {
            let series = (0..<10).map { flight(observed + Double($0) / 100, 5) }
            #expect(Judge.judge(series: series).first?.verdict == expected)
        }
    }
}
