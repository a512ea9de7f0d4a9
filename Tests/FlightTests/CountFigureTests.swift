import APIClient
import Testing

@testable import Flight

@Suite struct CountFigureTests {
    /// 10 requests per second for 10 s, at 0.0, 0.1, ... 9.9 s; each sends once and takes 40 ms.
    @Test func aQuietFlight() throws {
        let flight = try fly(
            """
            duration: 10s
            load: [ { rate: 10/s, path: /a, use_cache: false } ]
            upstream: { latency: 40ms }
            """)
        #expect(flight.say("requests") == "100.0 of 100")
        #expect(flight.say("attempts") == "100.0 of 100")
        #expect(flight.say("answers") == "100.0 of 100")
        #expect(flight.say("success_rate") == "1.0 of 100")
        #expect(flight.say("fallback_rate") == "0.0 of 100")
        #expect(flight.say("throughput") == "10.0 of 100")
        #expect(flight.say("retry.amplification") == "1.0 of 100")
        #expect(flight.say("availability") == "1.0 of 100")
        #expect(flight.say("breaker.opens") == "0.0 of 100")
        #expect(flight.say("breaker.false_positive_rate") == "0.0 of 100")
        // A figure without samples has no value, neither 0 nor 100 %.
        for name in [
            "retry.success_rate", "retry_after.honoured", "cache.hit_rate",
            "breaker.detection_delay", "breaker.recovery_lag",
        ] {
            #expect(flight.say(name) == "none of 0", "\(name)")
        }
        // The last request arrives at 9.9 s and ends 40 ms later.
        #expect(flight.virtualSeconds == 9.94)
    }

    /// Requests at 0, 1, ... 19 s. The warm-up lasts until 10 s, so 10 requests in 10 s are counted.
    @Test func theWarmUpIsFlownAndNotCounted() throws {
        let flight = try fly(
            """
            duration: 20s
            warmup: 10s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 40ms, faults: [ { at: 3s, for: 2s, status: 404 } ] }
            """)
        #expect(flight.say("requests") == "10.0 of 10")
        #expect(flight.say("attempts") == "10.0 of 10")
        #expect(flight.say("success_rate") == "1.0 of 10")
        #expect(flight.say("throughput") == "1.0 of 10")
        #expect(flight.say("latency.all.max") == "40.0 of 10")
    }

    /// Requests at 0 to 9 s; those at 2, 3 and 4 s get a 404, which is an answer but not a success.
    @Test func anAnswerOtherThan2xxIsNoSuccess() throws {
        let flight = try fly(
            """
            duration: 10s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 40ms, faults: [ { at: 2s, for: 3s, status: 404 } ] }
            """)
        #expect(flight.say("answers") == "10.0 of 10")
        #expect(flight.say("success_rate") == "0.7 of 10")
        #expect(flight.say("throughput") == "0.7 of 10")
        #expect(flight.say("latency.p50") == "40.0 of 7")
        #expect(flight.say("latency.all.p50") == "40.0 of 10")
        // Errors of the caller do not count against the upstream.
        #expect(flight.say("availability") == "1.0 of 7")
        #expect(flight.figure("success_rate")?.offenders == [2, 3, 4])
    }

    /// A trailing slash makes another path, and so does each of several slashes.
    @Test(arguments: ["/users/", "//", "/a//b", "/users/{1..3}/"])
    func aPathIsFlownAsItIsWritten(path: String) throws {
        let flight = try fly(
            """
            duration: 10s
            load: [ { rate: 1/s, path: "\(path)", use_cache: false } ]
            upstream: { latency: 40ms, faults: [ { path: "\(path)", status: 404 } ] }
            """)
        #expect(flight.say("attempts") == "10.0 of 10")
        #expect(flight.say("success_rate") == "0.0 of 10")
    }

    /// As above, with answers that violate the route's schema. The product's client rejects them; for a client
    /// that accepts them they are no successes either.
    @Test(arguments: [true, false])
    func anAnswerThatTheSchemaForbidsIsNoSuccessWhoeverTakesIt(isOwn: Bool) throws {
        let plan = try scenario(
            """
            duration: 10s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream:
              latency: 40ms
              routes: [ { path: /a, body: { id: 7 }, schema: { properties: { id: { type: integer } } } } ]
              faults:
                - { at: 2s, for: 3s, wrong_schema: true }
                - { at: 8s, for: 1s, status: 200, headers: { Content-Type: text/html }, body: "7" }
            """)
        let flight = try FlightRun.fly(
            plan, FlightOptions(seed: 1, version: "test"),
            client: { environment throws(APIError) in
                isOwn
                    ? try environment.makeAPIClient() as any ClientUnderTest
                    : NaiveLoop(environment)
            })
        #expect(flight.violated == [])
        #expect(flight.say("success_rate") == "0.6 of 10")
        #expect(flight.say("throughput") == "0.6 of 10")
        #expect(flight.figure("success_rate")?.offenders == [2, 3, 4, 8])
    }

    /// As above, but with bodies that are not JSON: answers to the transport, failures in all figures.
    @Test func anAnswerThatIsNotJSONIsAFailure() throws {
        let flight = try fly(
            """
            duration: 10s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 40ms, faults: [ { at: 2s, for: 3s, malformed_json: true } ] }
            """)
        #expect(flight.say("answers") == "10.0 of 10")
        #expect(flight.say("success_rate") == "0.7 of 10")
        #expect(flight.say("throughput") == "0.7 of 10")
        #expect(flight.say("availability") == "0.7 of 10")
        #expect(flight.say("latency.p50") == "40.0 of 7")
        #expect(flight.say("latency.all.p50") == "40.0 of 10")
        // The HTTP answer is complete, so the breaker does not count a failure, and the client does not retry.
        #expect(flight.say("attempts") == "10.0 of 10")
        #expect(flight.say("retry.success_rate") == "none of 0")
    }

    /// `a` sends 2 requests per second and `b` 1 per second for 10 s; `b` fails with 404.
    @Test func aFigureMayBeNarrowedToALoad() throws {
        let flight = try fly(
            """
            duration: 10s
            load:
              - { name: a, rate: 2/s, path: /a, use_cache: false }
              - { name: b, rate: 1/s, path: /b, use_cache: false }
              - { name: c, rate: 1/s, path: /c, use_cache: false }
            upstream:
              latency: 40ms
              routes: [ { path: /b, status: 404, latency: 70ms } ]
            expect: [ "success_rate{load=b} == 0%", "requests{load=a} == 20" ]
            """)
        #expect(flight.say("requests") == "40.0 of 40")
        #expect(flight.say("requests", load: "a") == "20.0 of 20")
        #expect(flight.say("success_rate", load: "a") == "1.0 of 20")
        #expect(flight.say("success_rate", load: "b") == "0.0 of 10")
        #expect(flight.say("latency.all.p50", load: "b") == "70.0 of 10")
        #expect(flight.say("throughput", load: "a") == "2.0 of 20")
        // No expectation names `c`, and breakers are not specific to a load.
        #expect(flight.say("requests", load: "c") == "no such figure")
        #expect(flight.say("breaker.opens", load: "a") == "no such figure")
    }

    /// An HTML page with status 404 is an answer, in the trace as well.
    @Test func theTraceCallsAnotherStatusAnAnswerWhateverItsBody() {
        func words(_ status: Int, isValid: Bool) -> String {
            "\(Recorder.outcome(status, isValid, .upstream))"
        }
        #expect(words(404, isValid: false) == "answered" && words(301, isValid: true) == "answered")
        #expect(
            words(200, isValid: false) == "VALIDATION_ERROR" && words(200, isValid: true) == "ok")
    }
}
