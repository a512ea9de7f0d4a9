import Testing

@testable import Flight

/// `cache.consistency_lag.max`.
@Suite struct ConsistencyFigureTests {
    /// GETs every 100 ms. One write arrives at 1.03 s and ends at 1.13 s; until then the cache answers as
    /// before, at 1.1 s. After it the GET of 1.2 s is a miss.
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

    /// A 503 has no effect; what is reset has one, though its client is not told.
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

    /// GETs at 0.05, 0.15, ... 1.95 s. Writes of 500 ms arrive at 1.0 and 1.2 s. The answer of 1.45 s lacks
    /// both, the first one for 450 ms. Misses are those of 0.05, 1.55 and 1.75 s.
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

    /// The GET of 0 s is under way until 0.4 s, with one that follows from 0.2 s on. A write at 0.1 s, over
    /// at 0.3 s, does not show in what both get.
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

    /// Both clients read at 0.1 s and store at 0.11 s; one of them writes at 1 s. Its own cache knows at
    /// 1.01 s; the other one answers at 1.01, 1.11, ... 2.91 s as before. A shared one is right for both.
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

    /// A client reads from 0 to 1 s; the other one's write is done at 0.06 s and finds nothing kept yet. What
    /// was read is from before it, and is kept by neither: the reads of 1 and 2 s miss.
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

    /// The write's two attempts of 10 and 15 s hang for 5 s each, with effect; the third is answered. What is
    /// kept is forgotten after each of them.
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

    /// One server, 500 ms each. The GET of 0 s is worked on until 0.5 s, the write of 0.05 s until 1 s; it
    /// ends at 1.3 s. Those of 1.1 and 1.2 s do not show it; those of 0.1 to 1 s have nothing to miss yet.
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

    /// Both clients store at 1.01 s for 1 s; one writes at 1.5 s and has nothing left. The other one asks at
    /// 2.01 s, times out at 3.01 s and serves what it has: without the effect, 1.51 s old.
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

    /// Reads and effects are ordered by their instants, not by their arrivals. Entries that no
    /// answer can refer to any more are removed.
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
