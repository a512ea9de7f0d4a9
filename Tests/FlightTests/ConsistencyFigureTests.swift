import Testing

@testable import Flight

/// `cache.consistency_lag.max`.
@Suite struct ConsistencyFigureTests {
    /// GETs every 100 ms. One write arrives at 1.03 s and ends at 1.13 s; before its end, at 1.1 s, the cache
    /// still returns its old answer. The GET at 1.2 s is a miss.
    private func fly(write: String, faults: String = "") throws -> FlightResult {
        try FlightTests.fly(
            """
            duration: 2s
            load:
              - { name: reads, rate: 10/s, path: /a }
              - { at: 1030ms, rate: 1/s, \(write) }
            upstream:
              latency: 10ms
              routes: [ { path: /a, method: GET }, { path: "/*", latency: 100ms } ]
              faults: [ \(faults) ]
            expect: [ "cache.consistency_lag.max{load=reads} <= 70ms" ]
            """, client: "enable_retry: false")
    }

    @Test(arguments: ["POST", "PUT", "PATCH", "DELETE"])
    func anEffectCountsFromWhenTheUpstreamHadIt(method: String) throws {
        let flight = try fly(write: "method: \(method), path: /a")
        #expect(flight.say("cache.consistency_lag.max") == "70.0 of 18")
        #expect(flight.say("cache.consistency_lag.max", load: "reads") == "70.0 of 18")
        #expect(flight.figure("cache.consistency_lag.max")?.offenders == [11])
    }

    /// A 503 has no effect; a reset exchange has one, although its client does not learn of it.
    @Test(arguments: [
        ("{ status: 503, method: PUT }", "0.0 of 18"),
        ("{ reset: true, method: PUT }", "70.0 of 18"),
    ])
    func onlyWhatTookEffectIsMissed(fault: String, said: String) throws {
        let flight = try fly(write: "method: PUT, path: /a", faults: fault)
        #expect(flight.say("cache.consistency_lag.max") == said)
    }

    @Test(arguments: [
        ("path: /a, params: { x: 1 }", "70.0 of 18"), ("path: \"/{1..5}\"", "0.0 of 19"),
        ("path: /b", "0.0 of 19"),
    ])
    func aWriteCountsForItsPath(write: String, said: String) throws {
        let flight = try fly(write: "method: PUT, " + write)
        #expect(flight.say("cache.consistency_lag.max") == said)
    }

    @Test func withoutAnswersFromTheCacheThereAreNoSamples() throws {
        let flight = try FlightTests.fly(
            """
            duration: 2s
            load:
              - { rate: 10/s, path: /a, use_cache: false }
              - { rate: 10/s, path: /a, method: PUT }
            """)
        #expect(flight.say("cache.consistency_lag.max") == "none of 0")
    }

    /// GETs at 0.05, 0.15, ... 1.95 s. Writes of 500 ms arrive at 1.0 and 1.2 s. The answer at 1.45 s shows
    /// neither effect, and lacks the first one for 450 ms. Misses are at 0.05, 1.55 and 1.75 s.
    @Test func theOldestEffectThatIsMissingCounts() throws {
        let flight = try FlightTests.fly(
            """
            duration: 2s
            load:
              - { at: 50ms, rate: 10/s, path: /a }
              - { at: 1s, for: 400ms, rate: 5/s, path: /a, method: PUT }
            upstream: { latency: 10ms, routes: [ { path: /a, method: PUT, latency: 500ms } ] }
            """)
        #expect(flight.say("cache.consistency_lag.max") == "450.0 of 17")
    }

    /// The GET at 0 s is in flight until 0.4 s, with a follower from 0.2 s on. The effect of a write from 0.1
    /// to 0.3 s is missing in the answer that both get.
    @Test func whoFollowsAnOlderReadMissesTheEffectToo() throws {
        let flight = try FlightTests.fly(
            """
            duration: 300ms
            load:
              - { rate: 5/s, path: /a }
              - { at: 100ms, rate: 1/s, path: /a, method: PUT }
            upstream: { latency: 400ms, routes: [ { path: /a, method: PUT, latency: 200ms } ] }
            """)
        #expect(flight.say("attempts") == "2.0 of 2")
        #expect(flight.say("cache.consistency_lag.max") == "300.0 of 1")
    }

    /// Both clients read at 0.1 s and store at 0.11 s; one of them writes at 1 s. Its own cache is invalidated at 1.01
    /// s; the other client's cache returns its old answer at 1.01, 1.11, ... 2.91 s. A shared cache is right for both.
    @Test(arguments: [("own", "1910.0 of 55"), ("shared", "0.0 of 54")])
    func anotherClientsCacheDoesNotHearOfAWrite(cache: String, said: String) throws {
        let flight = try FlightTests.fly(
            """
            duration: 3s
            clients: { count: 2, cache: \(cache) }
            load:
              - { users: 2, think: 100ms, path: /a }
              - { at: 1s, for: 1s, rate: 1/s, path: /a, method: PUT }
            upstream: { latency: 10ms }
            """)
        #expect(flight.say("cache.consistency_lag.max") == said)
    }

    /// One client reads from 0 to 1 s; the other one's write ends at 0.06 s, when nothing is cached yet. The
    /// answer was read before the write, so neither cache stores it: the reads at 1 and 2 s miss.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func aReadThatBeganBeforeAnothersWriteIsNotKept(seed: UInt64) throws {
        let flight = try FlightTests.fly(
            """
            duration: 60s
            clients: { count: 2, cache: shared }
            load:
              - { rate: 1/s, path: /a }
              - { at: 50ms, for: 1s, rate: 1/s, path: /a, method: PUT }
            upstream: { latency: 1s, routes: [ { path: /a, method: PUT, latency: 10ms } ] }
            """, seed: seed)
        let lag = try #require(flight.figure("cache.consistency_lag.max")?.value)
        #expect(lag <= 2_000)
    }

    /// The write's two attempts at 10 and 15 s hang for 5 s each and take effect; the third is answered. Each
    /// of them invalidates the cached answer.
    @Test func anAttemptThatMayHaveHadItsEffectIsAWrite() throws {
        let flight = try FlightTests.fly(
            """
            duration: 60s
            load:
              - { rate: 5/s, path: /a }
              - { at: 10s, for: 1s, rate: 1/s, path: /a, method: PUT }
            upstream:
              latency: 20ms
              faults: [ { at: 10s, for: 10s, method: PUT, hang: true } ]
            """)
        let lag = try #require(flight.figure("cache.consistency_lag.max")?.value)
        #expect(lag > 4_000 && lag <= 5_000)
    }

    /// One server, 500 ms per request. The GET at 0 s is served until 0.5 s, the write at 0.05 s until 1 s; it ends at
    /// 1.3 s. The answers at 1.1 and 1.2 s do not show its effect; those from 0.1 to 1 s lack nothing yet.
    @Test func anEffectComesWhenTheUpstreamHasDoneItsWork() throws {
        let flight = try FlightTests.fly(
            """
            duration: 1300ms
            load:
              - { rate: 10/s, path: /a }
              - { at: 50ms, for: 1s, rate: 1/s, path: /a, method: PUT }
            upstream:
              latency: 1ms
              capacity: { servers: 1, queue: 10, service: 500ms }
              routes: [ { path: /a, method: PUT, latency: 300ms } ]
            """)
        #expect(flight.say("attempts") == "2.0 of 2")
        #expect(flight.say("cache.consistency_lag.max") == "200.0 of 12")
    }

    /// Both clients store at 1.01 s for 1 s; one writes at 1.5 s, which empties its cache. The other requests
    /// at 2.01 s, times out at 3.01 s and returns its stale answer, which lacks the effect for 1.51 s.
    @Test func aStaleAnswerMissesWhatCameSince() throws {
        let flight = try FlightTests.fly(
            """
            duration: 4s
            clients: 2
            load:
              - { users: 2, think: 1s, path: /a }
              - { at: 1500ms, for: 1s, rate: 1/s, path: /a, method: PUT }
            upstream:
              latency: 10ms
              faults: [ { at: 1500ms, method: GET, hang: true } ]
            """, client: "enable_retry: false, cache_ttl_seconds: 1, request_timeout_ms: 1000")
        #expect(flight.say("cache.stale_served") == "1.0 of 4")
        #expect(flight.say("cache.consistency_lag.max") == "1510.0 of 1")
    }

    @Test(arguments: [
        ("/a", "/a", true), ("/a", "/b", false), ("/a", "/a/b", false), ("/a/{1..5}", "/a/5", true),
        ("/a/6", "/a/{1..5}", false), ("/a/x", "/a/{1..5}", false),
        ("/a/{1..5}", "/a/{5..9}", true), ("/a/{1..5}", "/a/{6..9}", false),
        ("/{1..5}/b", "/3/c", false),
    ])
    func loadsMeetWhereTheirPathsDo(one: String, two: String, doMeet: Bool) {
        #expect(PathTemplate(one).overlaps(PathTemplate(two)) == doMeet)
        #expect(PathTemplate(two).overlaps(PathTemplate(one)) == doMeet)
    }

    /// Reads and effects are ordered by their instants, not by their arrivals. Entries that no answer can refer
    /// to any more are removed.
    @Test func aPathsHistoryIsByWhenWorkIsDone() {
        var history = PathHistory()
        let early = history.read(at: 0, now: 0)
        let isHeld = !history.isForgettable
        #expect(isHeld)
        history.write(at: 30, now: 10)
        #expect(early.version?.outdatedAt == nil)
        let between = history.read(at: 20, now: 11)
        let late = history.read(at: 30, now: 12)
        #expect(between.version == nil)
        history.advance(to: 29)
        #expect(between.version === early.version)
        #expect(early.version?.outdatedAt == nil)
        history.advance(to: 30)
        #expect(early.version?.outdatedAt == 30)
        #expect(late.version !== early.version)
        #expect(late.version?.outdatedAt == nil)
        history.write(at: 40, now: 40)
        #expect(late.version?.outdatedAt == 40)
        #expect(early.version?.outdatedAt == 30)
        let isFree = history.isForgettable
        #expect(isFree)
    }
}
