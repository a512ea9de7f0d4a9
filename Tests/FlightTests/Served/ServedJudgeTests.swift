import HTTPTypes
import ScenarioFile
import Testing
import Upstream

@testable import Flight

/// Each check of the judge with a right and a wrong stream of requests.
@Suite struct ServedJudgeTests {
    private static let id = ["X-Request-Id": "7"]

    // MARK: - Retry-After

    @Test func aRetryThatWaitsHonoursRetryAfter() throws {
        let stream = try ServedStream()
        stream.send(at: 0, Self.id, gets: .wait(429, until: 2_010 * ms))
        let second = stream.send(at: 2_010 * ms, Self.id)
        #expect(second.findings == [])
        let result = stream.result()
        #expect(result.fared(.retryAfterRespected) == "0 of 1")
        #expect(result.say("retry_after.honoured") == "1.0 of 1")
        #expect(result.fared(.backoffInEnvelope) == "0 of 0")
    }

    @Test func aRetryBeforeRetryAfterIsTooEarly() throws {
        let stream = try ServedStream()
        stream.send(at: 0, Self.id, gets: .wait(429, until: 2_010 * ms))
        let second = stream.send(at: 500 * ms, Self.id)
        #expect(
            second.findings == [
                "no wait shorter than Retry-After: sent 1510000000 ns before Retry-After allows, "
                    + "which asked for 2000000000 ns"
            ])
        let result = stream.result()
        #expect(result.fared(.retryAfterRespected) == "1 of 1")
        #expect(result.say("retry_after.honoured") == "0.0 of 1")
        #expect(result.hasViolations)
    }

    /// 2 ms: the tolerance for timers with millisecond resolution.
    @Test(arguments: [(2_008 * ms, 0), (2_008 * ms - 1, 1)])
    func aTimersGrainIsNotEarly(instant: Int64, violations: Int) throws {
        let stream = try ServedStream()
        stream.send(at: 0, Self.id, gets: .wait(429, until: 2_010 * ms))
        stream.send(at: instant, Self.id)
        #expect(stream.result().fared(.retryAfterRespected) == "\(violations) of 1")
    }

    @Test func anEarlyRetryThatMayBeAnotherRequestIsUnclear() throws {
        let stream = try ServedStream()
        stream.send(at: 0)
        stream.send(at: 100 * ms, gets: .wait(429, until: 2 * second))
        #expect(stream.send(at: 500 * ms).isUnclear)
        let result = stream.result()
        #expect(result.fared(.retryAfterRespected) == "0 of 0, 1 unclear")
        #expect(result.isUnclear && !result.hasViolations)
    }

    @Test func othersThatComeMeanwhileAreIntrusions() throws {
        let stream = try ServedStream()
        stream.send(.get, "/a", at: 0, gets: .wait(429, until: 2 * second))
        // Sent before the client knew of the Retry-After: it arrives within the tolerance.
        stream.send(.get, "/b", at: 40 * ms)
        stream.send(.get, "/c", at: second)
        stream.send(.get, "/d", at: 3 * second)
        #expect(stream.result().sayRange("retry_after.intrusions") == "1.0 of 4")
    }

    @Test func whoKnowsAlreadyKnows() throws {
        let stream = try ServedStream()
        stream.send(.get, "/a", at: 0, gets: .wait(429, until: 2 * second))
        stream.send(.get, "/b", at: second, gets: .wait(429, until: 3 * second))
        stream.send(.get, "/c", at: second + 20 * ms)
        #expect(stream.result().sayRange("retry_after.intrusions") == "2.0 of 3")
    }

    @Test func ofAFleetNobodyKnowsWhoIntrudes() throws {
        let stream = try ServedStream(
            "duration: 60s\nclients: 2\nload: [ { rate: 1/s, path: /a } ]")
        #expect(stream.result().figure("retry_after.intrusions") == nil)
    }

    // MARK: - Waits

    @Test(arguments: [
        (110 * ms, 0), (60 * ms, 0), (160 * ms, 0), (59 * ms, 1), (161 * ms, 1),
    ])
    func aGapLiesInItsEnvelopeGiveOrTakeTheTolerance(instant: Int64, violations: Int) throws {
        let stream = try ServedStream()
        stream.send(at: 0, Self.id, gets: .answer(503))
        stream.send(at: instant, Self.id)
        #expect(stream.result().fared(.backoffInEnvelope) == "\(violations) of 1")
    }

    /// The envelope is 300 ms wide from the first retry on; 50 requests.
    @Test(arguments: [(1, 0), (0, 1)])
    func backoffsAreSpreadOverTheirEnvelopes(step: Int64, violations: Int) throws {
        let stream = try ServedStream(
            settings: ["client.jitter=full", "client.retry_base_delay_ms=300"])
        for number in 0..<50 as Range<Int64> {
            let start = number * second
            stream.send(.get, "/\(number)", at: start, gets: .answer(503))
            stream.send(.get, "/\(number)", at: start + 30 * ms + number * step * 5 * ms)
        }
        #expect(stream.result().fared(.backoffVaries) == "\(violations) of 50")
    }

    /// From 100 ms to three times the previous wait.
    @Test(arguments: [(300 * ms, 0), (349 * ms, 0), (360 * ms, 1)])
    func decorrelatedWaitsFollowTheOnesBefore(wait: Int64, violations: Int) throws {
        let stream = try ServedStream(settings: ["client.jitter=decorrelated"])
        stream.send(at: 0, Self.id, gets: .answer(503))
        stream.send(at: 110 * ms, Self.id, gets: .answer(503))
        stream.send(at: 120 * ms + wait, Self.id)
        #expect(stream.result().fared(.backoffInEnvelope) == "\(violations) of 2")
    }

    @Test func eachRetryHasAnEnvelopeOfItsOwn() throws {
        let stream = try ServedStream()
        for instant in [0, 110 * ms, 320 * ms, 730 * ms] {
            stream.send(at: instant, Self.id, gets: .answer(503))
        }
        #expect(stream.result().fared(.backoffInEnvelope) == "0 of 3")
        let hasty = try ServedStream()
        for instant in [0, 110 * ms, 220 * ms, 330 * ms] {
            hasty.send(at: instant, Self.id, gets: .answer(503))
        }
        #expect(hasty.result().fared(.backoffInEnvelope) == "2 of 3")
    }

    /// Decided for 10 ms, delivered after 210 ms: the client may have waited from 100 ms to 300 ms.
    @Test func aLateDeliveryIsNotHeldAgainstTheClient() throws {
        for instant in [310 * ms, 260 * ms, 110 * ms + 201 * ms] {
            let stream = try ServedStream()
            let first = stream.begin(at: 0, Self.id, gets: .answer(503))
            stream.log.ended(first.ticket, .delivered, at: 210 * ms)
            stream.send(at: instant, Self.id)
            #expect(stream.result().fared(.backoffInEnvelope) == "0 of 1")
        }
    }

    @Test func aGapWithTheDoorClosedInBetweenSaysNothing() throws {
        let stream = try ServedStream()
        stream.send(at: 0, Self.id, gets: .answer(503))
        stream.log.listenerChanged(at: 50 * ms)
        stream.log.listenerChanged(at: 3 * second)
        stream.send(at: 3_010 * ms, Self.id)
        #expect(stream.result().fared(.backoffInEnvelope) == "0 of 0")
    }

    /// A limit of 2 per minute delays the third send by 60 s.
    @Test func aLimiterMayHoldARetryBack() throws {
        let stream = try ServedStream(settings: ["client.rate_limit_per_minute=2"])
        stream.send(.get, "/b", at: 0)
        stream.send(at: second, Self.id, gets: .answer(503))
        stream.send(at: 60 * second, Self.id)
        let result = stream.result()
        #expect(result.fared(.backoffInEnvelope) == "0 of 1")
        #expect(result.fared(.limiterBound) == "0 of 3")
    }

    // MARK: - Bounds

    @Test func sendsAreBounded() throws {
        let stream = try ServedStream()
        for instant in [0, 110 * ms, 320 * ms, 730 * ms] {
            stream.send(at: instant, Self.id, gets: .answer(503))
        }
        #expect(stream.result().fared(.sendsBounded) == "0 of 1")
        let eager = try ServedStream()
        for instant in [0, 110 * ms, 320 * ms, 730 * ms, 1_540 * ms] {
            eager.send(at: instant, Self.id, gets: .answer(503))
        }
        #expect(eager.result().fared(.sendsBounded) == "1 of 1")
    }

    /// Two retries after a 429, where one is allowed; the same after a 401, where one extra send is allowed.
    @Test(arguments: [(429, 100 * ms), (401, 100 * ms)])
    func afterSomeAnswersOnlyOneMakesSense(status: Int, gap: Int64) throws {
        let stream = try ServedStream()
        stream.send(at: 0, gets: .answer(status))
        stream.send(at: 110 * ms, gets: .answer(status))
        let news = stream.send(at: 320 * ms, gets: .answer(200))
        #expect(news.findings.contains { $0.contains("2 ") && $0.contains("after a \(status)") })
        #expect(stream.result().fared(.sendsBounded) == "1 of 3")
    }

    @Test(arguments: [(30 * second, 0), (30_051 * ms, 1)])
    func nothingIsSentAfterTheDeadline(instant: Int64, violations: Int) throws {
        let stream = try ServedStream()
        stream.send(at: 0, Self.id, gets: .answer(503))
        stream.send(at: instant, Self.id)
        #expect(stream.result().fared(.nothingAfterDeadline) == "\(violations) of 1")
    }

    @Test(arguments: [(60 * second, 0), (59 * second, 1)])
    func theLimitersBoundHolds(instant: Int64, violations: Int) throws {
        let stream = try ServedStream(settings: ["client.rate_limit_per_minute=2"])
        for (number, instant) in [0, 1 * ms, instant].enumerated() {
            stream.send(.get, "/\(number)", at: instant)
        }
        #expect(stream.result().fared(.limiterBound) == "\(violations) of 3")
    }

    @Test(arguments: [(404, 1), (200, 1), (503, 0), (401, 0), (501, 1)])
    func aFinalAnswerIsNotTriedAgain(status: Int, violations: Int) throws {
        let stream = try ServedStream()
        stream.send(at: 0, Self.id, gets: .answer(status))
        stream.send(at: 110 * ms, Self.id)
        #expect(stream.result().fared(.noRetryOfFinal) == "\(violations) of 1")
    }

    // MARK: - Effects

    @Test func aPostIsNotSentAgainAfterAReset() throws {
        let stream = try ServedStream()
        stream.send(.post, at: 0, body: "order", gets: .reset)
        let second = stream.send(.post, at: 110 * ms, body: "order")
        #expect(
            second.findings == [
                "no non-idempotent request sent twice with effect: sent again although the upstream "
                    + "may have acted on it"
            ])
        let result = stream.result()
        #expect(result.fared(.noDoubleEffect) == "1 of 1")
        #expect(result.say("duplicates") == "1.0 of 2")
    }

    @Test(arguments: [
        (HTTPRequest.Method.post, ["Idempotency-Key": "1"]), (.put, [:]), (.delete, [:]),
    ])
    func whatIsIdempotentMayBeSentAgain(
        method: HTTPRequest.Method, fields: [String: String]
    ) throws {
        let stream = try ServedStream()
        stream.send(method, at: 0, fields, body: "order", gets: .reset)
        stream.send(method, at: 110 * ms, fields, body: "order")
        let result = stream.result()
        #expect(result.fared(.noDoubleEffect) == "0 of 0")
        #expect(result.say("duplicates") == "none of 0")
    }

    /// A 429 means that nothing was done; a 503 and a timeout do not.
    @Test func aPostMayBeSentAgainWhereNothingWasDone() throws {
        let stream = try ServedStream()
        stream.send(.post, at: 0, Self.id, gets: .wait(429, until: second))
        stream.send(.post, at: second, Self.id, gets: .answer(503))
        stream.send(.post, at: 1_210 * ms, Self.id, gets: .hang, clientGoneAt: 2 * second)
        stream.send(.post, at: 2_400 * ms, Self.id)
        let result = stream.result()
        #expect(result.fared(.noDoubleEffect) == "2 of 3")
        // The hang and the success both had effects.
        #expect(result.say("duplicates") == "1.0 of 2")
    }

    /// A hedge: both attempts are in flight, and the first answer wins.
    @Test func ofTwoAttemptsUnderWayWhicheverSucceedsCounts() throws {
        let stream = try ServedStream()
        let first = stream.begin(at: 0, Self.id)
        let second = stream.begin(at: 50 * ms, Self.id, gets: .answer(503))
        stream.log.ended(first.ticket, .delivered, at: 60 * ms)
        stream.log.ended(second.ticket, .delivered, at: 70 * ms)
        let result = stream.result()
        #expect(result.fared(.backoffInEnvelope) == "0 of 0")
        #expect(result.fared(.noRetryOfFinal) == "0 of 1")
    }

    @Test func aPostMayNotBeHedged() throws {
        let stream = try ServedStream()
        stream.begin(.post, at: 0, Self.id)
        stream.begin(.post, at: 50 * ms, Self.id)
        #expect(stream.result().fared(.noDoubleEffect) == "1 of 1")
    }

    @Test func aClientThatIsAllowedToMayRetryPosts() throws {
        let stream = try ServedStream(client: "retry_unsafe_methods: true")
        stream.send(.post, at: 0, Self.id, gets: .reset)
        stream.send(.post, at: 110 * ms, Self.id)
        #expect(stream.result().fared(.noDoubleEffect) == "0 of 0")
    }

    /// The second POST may be another order.
    @Test func twoEqualOrdersInARowAreUnclear() throws {
        let stream = try ServedStream()
        stream.send(.post, at: 0, body: "order")
        stream.send(.post, at: second, body: "order", gets: .reset)
        stream.send(.post, at: second + 110 * ms, body: "order")
        let result = stream.result()
        #expect(result.fared(.noDoubleEffect) == "0 of 0, 1 unclear")
        #expect(result.sayRange("duplicates") == "1.0 of 3, 0.0 to 1.0")
    }

    // MARK: - Expectations

    @Test func expectationsAreJudgedWhereTheFigureCanBeSeen() throws {
        let stream = try ServedStream(
            """
            duration: 60s
            load: [ { name: a, rate: 1/s, path: /a } ]
            expect:
              - retry.amplification == 2
              - retry.amplification{load=a} < 2
              - success_rate >= 99%
              - retry_after.honoured == 100%
            """)
        stream.send(at: 0, gets: .answer(503))
        stream.send(at: 110 * ms)
        let results = Judge.judge(stream.result())
        #expect(results.map(\.verdict) == [.passed, .failed, .inconclusive, .inconclusive])
        #expect(results.map(\.isJudged) == [true, true, false, true])
        #expect(results[2].reason == "cannot be judged from the upstream's side")
        #expect(results[3].reason == "no samples")
        #expect(results[1].offenders == [0])
    }

    /// 1.5 by the rule of recognition, 1 if the third send is another request.
    @Test(arguments: [
        ("< 2", Verdict.passed), ("<= 1.2", .inconclusive), (">= 1.6", .failed),
    ])
    func whatIsUnclearDecidesNothing(limit: String, verdict: Verdict) throws {
        let stream = try ServedStream(
            """
            duration: 60s
            load: [ { rate: 1/s, path: /a } ]
            expect: [ retry.amplification \(limit) ]
            """)
        stream.send(at: 0)
        stream.send(at: second, gets: .answer(503))
        stream.send(at: second + 110 * ms)
        #expect(Judge.judge(stream.result()).map(\.verdict) == [verdict])
    }

    @Test func whatArrivesDuringTheWarmupIsNotCounted() throws {
        let stream = try ServedStream(
            "duration: 60s\nwarmup: 10s\nload: [ { rate: 1/s, path: /a } ]")
        stream.send(.get, "/b", at: second)
        stream.send(at: 10 * second)
        #expect(stream.result().say("attempts") == "1.0 of 1")
    }

    // MARK: - Redaction

    @Test func aCredentialInThePathIsNotShown() throws {
        let stream = try ServedStream()
        let news = stream.send(
            .get, "/v1/s3cr3t-key/users?token=hidden", at: 0,
            ["Authorization": "Bearer s3cr3t-key", "Cookie": "session=users"])
        #expect(news.path == "/v1/***/users")
    }
}
