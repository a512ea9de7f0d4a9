import ScenarioFile
import Testing

@testable import Flight

/// The figure `recovery_time`. By default 100 requests per second, an outage from 70 to 80 s, no retries.
@Suite struct RecoveryFigureTests {
    private func fly(
        _ head: String = "duration: 120s", rate: String = "100/s", latency: String = "10ms",
        outage: String = "{ at: 70s, for: 10s, status: 503 }", then faults: String = "",
        expect: String = ""
    ) throws -> FlightResult {
        try FlightTests.fly(
            """
            \(head)
            load: [ { rate: \(rate), path: /a, use_cache: false } ]
            upstream: { latency: \(latency), faults: [ \(outage), \(faults) ] }
            expect: [ \(expect) ]
            """, client: "enable_retry: false, enable_circuit_breaker: false")
    }

    /// With 10 ms, one failed request ends at 80 s, 1 of 100: one percentage point below the baseline is good.
    /// With 20 ms, two end from 80 s on, so the first good bin begins at 81 s.
    @Test(arguments: [("10ms", "0.0 of 1"), ("20ms", "1000.0 of 1")])
    func aPointBelowTheBaselineIsGood(latency: String, said: String) throws {
        let flight = try fly(latency: latency)
        #expect(flight.say("recovery_time") == said)
    }

    /// Answers are slower until 85 s, and the last of them end in the bin at 85 s, more than 5 of 100: good
    /// from 86 s on. An eighth slower is still good; then only the four failures that end from 80 s on count.
    @Test(arguments: [("20ms", "6000.0 of 1"), ("5ms", "1000.0 of 1")])
    func aQuarterSlowerThanTheBaselineIsGood(extra: String, said: String) throws {
        let flight = try fly(latency: "40ms", then: "{ at: 80s, for: 5s, latency: \(extra) }")
        #expect(flight.say("recovery_time") == said)
    }

    /// A 404 is a failure for callers, but the upstream is not unhealthy. From 80 to 90 s there are ten good
    /// bins; from 89.5 s on only nine, so the next begins at 90 s.
    @Test(arguments: [
        ("{ at: 85s, for: 1s, status: 404 }", "6000.0 of 1"),
        ("{ at: 90s, for: 1s, status: 404 }", "0.0 of 1"),
        ("{ at: 89500ms, for: 500ms, status: 404 }", "10000.0 of 1"),
    ])
    func tenGoodBinsInARowAreNeeded(blip: String, said: String) throws {
        #expect(try fly(then: blip).say("recovery_time") == said)
    }

    @Test func binsBeginWhereThePeriodEnds() throws {
        let flight = try fly(outage: "{ at: 70s, for: 10500ms, status: 503 }")
        #expect(flight.say("recovery_time") == "0.0 of 1")
    }

    /// The second period ends at 110 s; the bins from 113 s on are good.
    @Test func theLongestOfSeveralCounts() throws {
        let flight = try fly(
            "duration: 130s",
            then: """
                { at: 100s, for: 10s, status: 503 }, { at: 110s, for: 3s, status: 404 }
                """)
        #expect(flight.say("recovery_time") == "3000.0 of 2")
    }

    /// The second period begins 5 s after the end of the first, so callers notice the first until the second is over.
    @Test func aPeriodMayBeFeltUntilTheNextOneIsOver() throws {
        let flight = try fly("duration: 130s", then: "{ at: 85s, for: 10s, status: 503 }")
        #expect(flight.say("recovery_time") == "15000.0 of 2")
    }

    /// 5 requests per second: bins of 10 s, the tenth of which ends at 180 s.
    @Test(arguments: [(180, "0.0 of 1"), (179, "none of 1")])
    func aBinHoldsFiftyRequests(duration: Int, said: String) throws {
        let flight = try fly("duration: \(duration)s", rate: "5/s")
        #expect(flight.say("recovery_time") == said)
    }

    @Test(arguments: [
        // The outage begins before the baseline has 60 s or 200 requests.
        ("duration: 120s", "100/s", "{ at: 59s, for: 10s, status: 503 }", "none of 0"),
        ("duration: 120s", "100/s", "{ at: 60s, for: 10s, status: 503 }", "0.0 of 1"),
        ("duration: 120s\nwarmup: 11s", "100/s", "{ at: 70s, for: 10s, status: 503 }", "none of 0"),
        ("duration: 120s\nwarmup: 10s", "100/s", "{ at: 70s, for: 10s, status: 503 }", "0.0 of 1"),
        ("duration: 400s", "3/s", "{ at: 66s, for: 10s, status: 503 }", "none of 0"),
        ("duration: 400s", "3/s", "{ at: 67s, for: 10s, status: 503 }", "0.0 of 1"),
        // Any fault ends the baseline, and one from the beginning leaves none.
        (
            "duration: 120s", "100/s",
            "{ at: 70s, for: 10s, status: 503 }, { at: 59s, for: 1s, latency: 1ms }", "none of 0"
        ),
        (
            "duration: 120s", "100/s",
            "{ at: 70s, for: 10s, status: 503 }, { for: 1s, latency: 1ms }", "none of 0"
        ),
        // The period never ends, or never begins.
        ("duration: 120s", "100/s", "{ at: 70s, status: 503 }", "none of 0"),
        ("duration: 120s", "100/s", "{ at: 70s, for: 10s, latency: 1ms }", "none of 0"),
    ])
    func withoutABaselineOrAPeriodThereAreNoSamples(
        head: String, rate: String, outage: String, said: String
    ) throws {
        #expect(try fly(head, rate: rate, outage: outage).say("recovery_time") == said)
    }

    /// The flight ends five bins after the outage.
    @Test(arguments: ["recovery_time <= 1h", "recovery_time != 5s", "recovery_time > 0s"])
    func notRecoveredMissesEveryLimit(expectation: String) throws {
        let flight = try fly("duration: 85s", expect: "\"\(expectation)\"")
        let figure = try #require(flight.figure("recovery_time"))
        #expect(figure.note == "not recovered")
        #expect(figure.value == nil)
        let alone = try #require(Judge.judge(flight).first)
        #expect(alone.verdict == .failed)
        #expect(alone.note == "not recovered")

        var recovered = try fly("duration: 120s", expect: "\"\(expectation)\"")
        #expect(recovered.figure("recovery_time")?.note == nil)
        let together = try #require(
            Judge.judge(series: Array(repeating: recovered, count: 9) + [flight]).first)
        #expect(together.verdict == .failed)
        #expect(together.note == "not recovered")
        #expect(together.reason == "in 1 of 10 flights")
        recovered.figures = []
        #expect(Judge.judge(recovered).first?.verdict == .inconclusive)
    }

    /// The periods of a custom model need not follow a schedule of the scenario.
    @Test func anOverloadIsAnUnhealthyPeriodToo() throws {
        // 60 requests for one server in the second at 70 s, 100 ms each, and 5 per second otherwise: the queue
        // of 10 is full until about 76 s, and requests at a full queue get a 503.
        let flight = try FlightTests.fly(
            """
            duration: 200s
            load:
              - { rate: 5/s, path: /a, use_cache: false }
              - { at: 70s, for: 5s, rate: 60/s, path: /a, use_cache: false }
            upstream: { latency: 1ms, capacity: { servers: 1, queue: 10, service: 100ms } }
            """, client: "enable_retry: false, enable_circuit_breaker: false")
        let figure = try #require(flight.figure("recovery_time"))
        #expect(figure.samples > 0)
        #expect(try #require(figure.value) < 120_000)
    }

    @Test func aPercentileIsThatOfTheBinItIsIn() {
        var baseline = Outcomes()
        for _ in 0..<95 { baseline.add(isSuccess: true, after: 40 * ms) }
        for _ in 0..<5 { baseline.add(isSuccess: true, after: 900 * ms) }
        func bin(_ latency: Int64, failures: Int, slow: Int = 0) -> Outcomes {
            var bin = Outcomes()
            for index in 0..<(100 - failures) {
                bin.add(isSuccess: true, after: index < slow ? 10 * second : latency)
            }
            for _ in 0..<failures { bin.add(isSuccess: false, after: 10 * second) }
            return bin
        }
        #expect(bin(50 * ms, failures: 1).isAsGood(as: baseline))
        #expect(!bin(50 * ms, failures: 2).isAsGood(as: baseline))
        #expect(!bin(52 * ms, failures: 0).isAsGood(as: baseline))
        #expect(bin(50 * ms, failures: 0, slow: 5).isAsGood(as: baseline))
        #expect(!bin(50 * ms, failures: 0, slow: 6).isAsGood(as: baseline))
        #expect(!bin(50 * ms, failures: 100).isAsGood(as: baseline))
        #expect(bin(0, failures: 0).isAsGood(as: baseline))
    }
}
