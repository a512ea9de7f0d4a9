import Testing

@testable import Flight

@Suite struct CacheFigureTests {
    /// Requests at 0, 0.1, ... 0.9 s: one send of 250 ms, two followers, seven hits.
    @Test func followersCountAsHits() throws {
        let flight = try fly(
            """
            duration: 1s
            load: [ { rate: 10/s, path: /a } ]
            upstream: { latency: 250ms }
            """)
        #expect(flight.say("cache.hit_rate") == "0.9 of 10")
        // The requests at 0.1 and 0.2 s are followers; the other seven find a cached answer.
        #expect(flight.say("cache.followers") == "2.0 of 10")
        #expect(flight.say("requests") == "10.0 of 10")
        #expect(flight.say("attempts") == "1.0 of 1")
        #expect(flight.say("retry.amplification") == "1.0 of 1")
        #expect(flight.say("success_rate") == "1.0 of 10")
        #expect(flight.say("throughput") == "10.0 of 10")
        #expect(flight.checked(.noStaleAnswer) == 9)
        #expect(flight.checked(.oneUpstreamCall) == 1)
    }

    /// Stored at 0.01 s for 2 s: hits at 1 and 2 s, a miss at 3 s, stored again at 3.01 s, and so on.
    @Test func anEntryServesUntilItsTimeIsUp() throws {
        let flight = try fly(
            """
            duration: 9s
            load: [ { rate: 1/s, path: /a } ]
            upstream: { latency: 10ms }
            """, client: "cache_ttl_seconds: 2")
        #expect(flight.say("cache.hit_rate") == "\(6.0 / 9) of 9")
        #expect(flight.figure("cache.hit_rate")?.offenders == [0, 3, 6])
    }

    @Test func onlyGETsThatMayBeCachedAreAsked() throws {
        let flight = try fly(
            """
            duration: 10s
            load:
              - { rate: 1/s, path: /a }
              - { rate: 1/s, path: /b, use_cache: false }
              - { rate: 1/s, path: /c, method: PUT }
              - { rate: 1/s, path: /d, headers: { authorization: Basic abc } }
              - { rate: 1/s, path: /e, headers: { cookie: a=b } }
            upstream: { latency: 10ms }
            """)
        #expect(flight.say("cache.hit_rate") == "0.9 of 10")
    }

    /// An answer depends on `Accept` only if its `Vary` says so: an answer cached for one load is a hit for the
    /// other half a minute later. Two names that only look alike are different resources.
    @Test(arguments: [
        ("headers: { Accept: text/plain }", "params: {}", "1.0"),
        ("params: { q: \"\u{e9}\" }", "params: { q: \"e\u{301}\" }", "2.0"),
    ])
    func whatTheClientTellsApartTheInvariantsDo(one: String, other: String, fetched: String) throws
    {
        let flight = try fly(
            """
            duration: 60s
            load:
              - { rate: 1/s, path: /a, \(one) }
              - { at: 30s, rate: 1/s, path: /a, \(other) }
            upstream: { latency: 100ms }
            """)
        #expect(flight.say("attempts") == "\(fetched) of \(fetched.prefix(1))")
        #expect(flight.checked(.answersNotShared) > 80)
    }

    @Test func withoutACacheThereIsNoRate() throws {
        let flight = try fly(
            """
            duration: 10s
            load: [ { rate: 1/s, path: /a } ]
            """, client: "enable_caching: false")
        #expect(flight.say("cache.hit_rate") == "none of 0")
    }

    /// A leader and its follower share each 404, which is not cached: five sends for ten requests.
    @Test func sharedErrorsAreNoStaleAnswers() throws {
        let flight = try fly(
            """
            duration: 1s
            load: [ { rate: 10/s, path: /a } ]
            upstream: { latency: 150ms, routes: [ { path: /a, status: 404 } ] }
            """)
        #expect(flight.say("attempts") == "5.0 of 5")
        #expect(flight.say("cache.hit_rate") == "0.5 of 10")
        #expect(flight.say("success_rate") == "0.0 of 10")
    }

    /// Requests that differ in a header field may get different answers and do not share a call, but an answer
    /// cached for one serves the other. Parameters in another order are the same resource.
    @Test func whatIsOneResourceForTheClientIsOneForTheInvariants() throws {
        let flight = try fly(
            """
            duration: 2s
            load:
              - { rate: 1/s, path: /a, params: { x: 1, y: 2 } }
              - { rate: 1/s, path: /a, params: { y: 2, x: 1 } }
              - { rate: 1/s, path: /a, params: { x: 1, y: 2 }, headers: { accept-language: de } }
            upstream: { latency: 250ms }
            """)
        // At 0 s the first request sends, the second follows it, the third sends; at 1 s all are cache hits.
        #expect(flight.say("attempts") == "2.0 of 2")
        #expect(flight.say("cache.hit_rate") == "\(4.0 / 6) of 6")
    }

    /// After a write, a GET must not share the call of a GET before it.
    @Test func aWriteMayMakeTwoCallsForOneResource() throws {
        let flight = try fly(
            """
            duration: 1s
            load:
              - { rate: 4/s, path: /a, params: { x: 1 } }
              - { rate: 1/s, at: 100ms, path: /a, method: PUT }
            upstream: { routes: [ { path: /a, method: PUT } ], latency: 400ms }
            """, client: "enable_retry: false")
        // The PUT ends at 0.5 s. GETs: the one at 0 s is in flight until 0.4 s; the one at 0.25 s follows it;
        // of those at 0.5 and 0.75 s at most one makes a call of its own.
        #expect(flight.say("requests") == "5.0 of 5")
    }

    @Test func aWriteThatFindsNothingStoredStillParts() throws {
        let flight = try fly(
            """
            duration: 1s
            load:
              - { rate: 2/s, path: /a }
              - { rate: 1/s, at: 100ms, path: /a, method: PUT }
            upstream:
              latency: 700ms
              routes: [ { path: /a, method: PUT, latency: 100ms } ]
            """)
        // The GET at 0 s is in flight until 0.7 s, and the write ends at 0.2 s, so the GET at 0.5 s sends.
        #expect(flight.say("attempts") == "3.0 of 3")
    }
}
