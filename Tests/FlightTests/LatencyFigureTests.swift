import Testing
import Upstream

@testable import Flight

@Suite struct LatencyFigureTests {
    /// Request number k of 0 to 99 takes k + 1 ms, so percentile p by nearest rank is p ms.
    @Test func quantilesAreByNearestRank() throws {
        let model = WrittenUpstream(
            decision: { request, _ in .answer(200, after: Int64(request.request + 1) * ms) },
            probability: { _, _ in 0 })
        let flight = try fly(
            """
            duration: 10s
            load: [ { rate: 10/s, path: /a, use_cache: false } ]
            """, upstream: model)
        #expect(flight.say("latency.p50") == "50.0 of 100")
        #expect(flight.say("latency.p95") == "95.0 of 100")
        #expect(flight.say("latency.p99") == "99.0 of 100")
        // Percentile 99.9 of 100 values is the last one.
        #expect(flight.say("latency.p999") == "100.0 of 100")
        #expect(flight.say("latency.max") == "100.0 of 100")
        #expect(flight.figure("latency.max")?.offenders == [99, 98, 97, 96, 95])
    }

    /// Of 20 values, rank 0.95 * 20 = 19 is the last of the short ones; of 19 values, rank 18.05 is rounded up
    /// to the 19th.
    @Test(arguments: [(20, "10.0 of 20"), (19, "300.0 of 19")])
    func aRankBetweenTwoIsTheHigher(count: Int, said: String) throws {
        let model = WrittenUpstream(
            decision: { request, _ in
                .answer(200, after: request.request == UInt64(count - 1) ? 300 * ms : 10 * ms)
            }, probability: { _, _ in 0 })
        let flight = try fly(
            """
            duration: \(count)s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            """, upstream: model)
        #expect(flight.say("latency.p95") == said)
    }

    /// One of 100 requests is slower, so that no quantile is the maximum. Whole milliseconds up to 200 ms, as
    /// people write them, are read back exactly, so a limit at that value is met.
    @Test(arguments: [1, 25, 33, 40, 50, 77, 80, 113, 150, 200, 250])
    func wholeMillisecondsAreExact(milliseconds: Int64) throws {
        let model = WrittenUpstream(
            decision: { request, _ in
                .answer(200, after: request.request == 7 ? second : milliseconds * ms)
            }, probability: { _, _ in 0 })
        let flight = try fly(
            """
            duration: 100s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            """, upstream: model)
        #expect(flight.value("latency.p50") == Double(milliseconds))
        #expect(flight.value("latency.p99") == Double(milliseconds))
        #expect(flight.value("latency.max") == 1_000)
    }

    /// Latencies have 4 digits and are never rounded down.
    @Test(
        arguments: [1, 999, 1_001, 40_000_001, 123_456_789, 1_234_567_891, 4_999_999_999] as [Int64]
    )
    func othersAreRoundedUpToFourDigits(nanoseconds: Int64) throws {
        let model = WrittenUpstream(
            decision: { request, _ in
                .answer(200, after: request.request == 7 ? 5 * second : nanoseconds)
            }, probability: { _, _ in 0 })
        let flight = try fly(
            """
            duration: 100s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            """, upstream: model)
        let shown = try #require(flight.value("latency.p50")) * 1e6
        #expect(shown >= Double(nanoseconds))
        #expect(shown <= max(Double(nanoseconds) * 1.0001, Double(nanoseconds) + 1_000))
    }

    /// One send at 0 s, with one retry: 10 + 100 + 10 ms, measured from the arrival and not from the last send.
    @Test func itRunsFromTheArrivalThroughAllRetries() throws {
        let flight = try fly(
            """
            duration: 1s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { status: 503, sequence: { fail: 1 } } ] }
            """)
        #expect(flight.say("latency.p50") == "120.0 of 1")
    }

    /// At most 60 sends in 60 s: the 61st request, at 30 s with 2 per second, waits until 60 s.
    @Test func theWaitForTheLimiterCounts() throws {
        let flight = try fly(
            """
            duration: 30500ms
            load: [ { rate: 2/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms }
            """, client: "total_timeout_ms: 60000",
            settings: ["client.rate_limit_per_minute=60"])
        #expect(flight.say("requests") == "61.0 of 61")
        #expect(flight.say("latency.max") == "30010.0 of 61")
        #expect(flight.checked(.limiterBound) == 61)
    }

    /// Requests at 0, 0.1, ... 0.9 s for one resource. The first sends and takes 250 ms; those at 0.1 and 0.2 s
    /// follow it and take 150 and 50 ms; the other seven are hits and take 0 ms.
    @Test func hitsAndFollowersCountAndSentOnesStandApart() throws {
        let flight = try fly(
            """
            duration: 1s
            load: [ { rate: 10/s, path: /a } ]
            upstream: { latency: 250ms }
            """)
        #expect(flight.say("latency.p50") == "0.0 of 10")
        #expect(flight.say("latency.p95") == "250.0 of 10")
        #expect(flight.say("latency.sent.p50") == "250.0 of 1")
        #expect(flight.say("latency.sent.max") == "250.0 of 1")
        #expect(flight.say("latency.all.p50") == "0.0 of 10")
    }
}
