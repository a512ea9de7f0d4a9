import Report
import ScenarioFile
import Testing

@Suite struct StoryTests {
    private func story(_ request: UInt64, of scenario: Scenario) throws -> String {
        let (header, lines) = try trace(of: scenario)
        var story = Story(header)
        for line in lines where Story.concerns(line, request: request) { story.add(line) }
        return story.text
    }

    /// Stored at 0.02 s for 1 s; from 2 s on nothing answers. Then a write, and nothing to fall back on.
    private func hanging() throws -> Scenario {
        let text = """
            format: 1
            name: Hanging
            duration: 10s
            client:
              { jitter: none, request_timeout_ms: 1000, total_timeout_ms: 2500, max_retries: 3,
                cache_ttl_seconds: 1, circuit_breaker_threshold: 5 }
            load:
              - { rate: 20/m, path: /a }
              - { rate: 1/s, at: 6s, for: 2s, method: PUT, path: /a }
              - { rate: 1/s, at: 8500ms, for: 1s, path: /b }
            upstream:
              latency: 20ms
              faults: [ { at: 2s, hang: true } ]
            """
        return try Scenario.decode(Array(text.utf8), file: "hanging.yaml")
    }

    /// Sent at 2 s into the 503, which asks to stay away for 1 s; sent again at 3.04 s into the 503
    /// that lasts until 3.1 s, in whose shadow the hang stands; and at 4.08 s well.
    @Test func aRetriedRequestsStory() throws {
        let text = try story(2, of: try outage())
        #expect(
            text == """
                       +0.000 ms  GET /v1/users/7 arrives at 2.000000 s
                       +0.000 ms  attempt 1 is sent; the upstream decides: 503 after 40.0 ms, Retry-After: 1; \
                because of fault 1 (status 503 at 2 000.0 ms for 1 100.0 ms)
                      +40.000 ms  attempt 1 is answered: 503
                      +40.000 ms  waits 1 000.0 ms (retry_after); allowed 1 000.0 ms to 1 000.0 ms
                   +1 040.000 ms  attempt 2 is sent; the upstream decides: 503 after 40.0 ms, Retry-After: 1; \
                because of fault 1 (status 503 at 2 000.0 ms for 1 100.0 ms); \
                in its shadow fault 3 (hang at 3 000.0 ms for 1 000.0 ms)
                   +1 080.000 ms  attempt 2 is answered: 503
                   +1 080.000 ms  waits 1 000.0 ms (retry_after); allowed 1 000.0 ms to 1 000.0 ms
                   +2 080.000 ms  attempt 3 is sent; the upstream decides: 200 after 40.0 ms
                   +2 120.000 ms  attempt 3 is answered: 200
                   +2 120.000 ms  ends: ok

                """)
    }

    @Test func aStoryThatEndsWithAStaleAnswer() throws {
        let text = try story(1, of: try hanging())
        #expect(
            text == """
                       +0.000 ms  GET /a arrives at 3.000000 s
                       +0.000 ms  the cache has no fresh answer
                       +0.000 ms  attempt 1 is sent; the upstream decides: hang; \
                because of fault 1 (hang at 2 000.0 ms)
                   +1 000.000 ms  attempt 1 fails: timed_out
                   +1 000.000 ms  waits 100.0 ms (backoff); allowed 100.0 ms to 100.0 ms
                   +1 100.000 ms  attempt 2 is sent; the upstream decides: hang; \
                because of fault 1 (hang at 2 000.0 ms)
                   +2 100.000 ms  attempt 2 fails: timed_out
                   +2 100.000 ms  waits 200.0 ms (backoff); allowed 200.0 ms to 200.0 ms
                   +2 300.000 ms  attempt 3 is sent, cut to 200.0 ms by the deadline; the upstream decides: hang; \
                because of fault 1 (hang at 2 000.0 ms)
                   +2 500.000 ms  attempt 3 fails: timed_out
                   +2 500.000 ms  gives up: the wait before the next attempt would not end before the deadline
                   +2 500.000 ms  the cache gives a stale answer instead, 5 480.0 ms old
                   +2 500.000 ms  ends: stale

                """)
    }

    @Test func aStoryInWhichTheBreakerRefuses() throws {
        let text = try story(2_000_000_000_000, of: try hanging())
        #expect(
            text == """
                       +0.000 ms  GET /b arrives at 8.500000 s
                       +0.000 ms  the cache has no fresh answer
                       +0.000 ms  the breaker refuses; a probe is possible in 29.5 s
                       +0.000 ms  ends: CIRCUIT_BREAKER_OPEN, by the client's own decision

                """)
    }

    /// The fifth failure in the window, beside the success of 0 s: after those at 4, 5.1 and twice 7 s.
    /// One server at 100 ms each, requests every 50 ms, room for one to wait: the second waits 50 ms, the
    /// third 100, the fourth finds the queue full. The bucket holds five.
    @Test func aStoryTellsOfQueuesQuotasAndTrickles() throws {
        let text = """
            format: 1
            name: Busy
            duration: 350ms
            clients: 2
            client: { max_retries: 0, enable_circuit_breaker: false }
            load: [{ rate: 20/s, path: /a, use_cache: false, cancel_after: 320ms }]
            upstream:
              latency: 10ms
              capacity: { servers: 1, queue: 1, service: 100ms }
              quota: { rate: 1/m, burst: 5 }
              faults: [{ at: 0s, for: 10ms, drip: 30ms }]
            """
        let scenario = try Scenario.decode(Array(text.utf8), file: "busy.yaml")
        let stories = try (0...5).map { try story($0, of: scenario) }
        #expect(
            stories[0].contains(
                "200 after 140.0 ms (is worked on for 100.0 ms, its body trickles for 30.0 ms)"))
        #expect(
            stories[1].contains(
                "200 after 160.0 ms (waits 50.0 ms for a server, is worked on for 100.0 ms)"))
        #expect(stories[3].contains("503 after 10.0 ms, since the queue is full"))
        #expect(stories[5].contains("429 after 10.0 ms by the quota, Retry-After: "))
        #expect(stories.contains { $0.contains(" s, at client 1\n") })
        #expect(!stories.contains { $0.contains("caller gives up") })
    }

    @Test func aStoryInWhichTheCallerGivesUp() throws {
        let text = """
            format: 1
            name: Typing
            duration: 1s
            load: [{ rate: 1/s, path: /a, use_cache: false, cancel_after: 70ms }]
            upstream: { latency: 100ms }
            """
        let scenario = try Scenario.decode(Array(text.utf8), file: "typing.yaml")
        #expect(
            try story(0, of: scenario) == """
                       +0.000 ms  GET /a arrives at 0.000000 s
                       +0.000 ms  attempt 1 is sent; the upstream decides: 200 after 100.0 ms
                      +70.000 ms  its caller gives up
                      +70.000 ms  attempt 1 fails: cancelled
                      +70.000 ms  ends: CANCELLED

                """)
    }

    @Test func aStoryInWhichTheBreakerOpens() throws {
        // The write before it has dropped what there was.
        let before = try story(1_000_000_000_000, of: try hanging())
        #expect(before.contains("  what the cache has of this path is dropped\n"))
        let text = try story(1_000_000_000_001, of: try hanging())
        #expect(
            text == """
                       +0.000 ms  PUT /a arrives at 7.000000 s
                       +0.000 ms  attempt 1 is sent; the upstream decides: hang; \
                because of fault 1 (hang at 2 000.0 ms)
                   +1 000.000 ms  attempt 1 fails: timed_out
                   +1 000.000 ms  the breaker goes from closed to open (5 failures of 6)
                   +1 000.000 ms  waits 100.0 ms (backoff); allowed 100.0 ms to 100.0 ms
                   +1 100.000 ms  the breaker refuses; a probe is possible in 29.9 s
                   +1 100.000 ms  ends: CIRCUIT_BREAKER_OPEN, by the client's own decision

                """)
    }

    @Test func aRequestThatIsNotThereHasNoStory() throws {
        #expect(try story(99, of: try outage()) == "")
        let (header, _) = try trace(of: try outage())
        #expect(Story(header).isEmpty)
    }

    @Test(
        arguments: [
            (#"{"t":1,"e":"end","r":1,"o":"ok"}"#, 1, true),
            (#"{"t":1,"e":"end","r":17}"#, 1, false),
            (#"{"t":1,"e":"end","r":17}"#, 17, true), (#"{"t":1,"e":"end","r":17}"#, 7, false),
            (#"{"t":1,"e":"breaker"}"#, 1, false), ("", 1, false),
        ] as [(String, UInt64, Bool)])
    func aLineConcernsOneRequest(line: String, request: UInt64, doesConcern: Bool) {
        #expect(Story.concerns(Array(line.utf8), request: request) == doesConcern)
    }

    private func summary(_ scenario: Scenario) throws -> String {
        let (header, lines) = try trace(of: scenario)
        var summary = TraceSummary(header)
        for line in lines { summary.add(line) }
        return summary.text(nil)
    }

    @Test func aSummaryOfAFlightInWhichAllWentWell() throws {
        let text = try summary(try outage())
        #expect(
            text == """
                An outage, seed 42, simulated, version 1.0
                49 events
                10 ended: ok
                one request's story: windtunnel trace show FILE --request ID

                """)
    }

    @Test func aSummaryNamesTheFirstThatWentWrong() throws {
        let text = try summary(try hanging())
        #expect(
            text == """
                Hanging, seed 42, simulated, version 1.0
                54 events
                1 ended: ok
                1 ended: stale; the first: 1
                5 ended: CIRCUIT_BREAKER_OPEN; \
                the first: 1000000000001, 2, 1000000000000, 2000000000000, 3
                one request's story: windtunnel trace show FILE --request ID

                """)
    }
}
