import ScenarioFile
import Testing
import Upstream

@testable import Flight

@Suite struct BreakerFigureTests {
    /// One request per second from 0 to 119 s, no retries, 10 ms each; all fail from 10 to 70 s.
    ///
    /// - 0 to 9 s: 10 successes. 10 to 20 s: 11 failures; at 20.01 s 2 * 11 > 21, so the breaker opens.
    /// - 21 to 50 s: 30 refused. 51 s: a probe, which fails at 51.01 s.
    /// - 52 to 81 s: 30 refused. 82 s: a probe, which closes the breaker at 82.01 s. Then 37 successes.
    private func outage(client: String = "", more: String = "") throws -> FlightResult {
        try fly(
            """
            duration: 120s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { at: 10s, for: 60s, status: 503 } ] }
            \(more)
            """, client: "enable_retry: false" + client)
    }

    @Test func anOutageIsNoticedAndOverSoonAfterItsEnd() throws {
        let flight = try outage()
        #expect(flight.say("requests") == "120.0 of 120")
        #expect(flight.say("attempts") == "60.0 of 60")
        #expect(flight.say("success_rate") == "0.4 of 120")
        // Two openings, at 20.01 and 51.01 s; 11 of the 21 attempts in the window had failure probability 1.
        #expect(flight.say("breaker.opens") == "2.0 of 120")
        #expect(flight.figure("breaker.opens")?.isOfFewEvents == true)
        #expect(flight.figure("breaker.unjustified_opens")?.isOfFewEvents == true)
        #expect(flight.say("breaker.unjustified_opens") == "0.0 of 2")
        #expect(flight.say("breaker.missed") == "0.0 of 1")
        #expect(flight.say("breaker.detection_delay") == "10010.0 of 1")
        #expect(flight.say("breaker.recovery_lag") == "12010.0 of 1")
        // The upstream is healthy from 0 to 9 and from 70 to 119 s.
        #expect(flight.say("breaker.false_positive_rate") == "0.0 of 60")
        // The refused requests from 70 to 81 s would have succeeded.
        #expect(flight.say("breaker.needless_rejections") == "12.0 of 60")
        #expect(flight.checked(.nothingWhileOpen) == 60)
        #expect(flight.checked(.oneProbeAtATime) == 2)
    }

    /// The first attempts from 41 to 69 s fail, sent or refused, and their cause clears within 30 s. These are
    /// 29 requests, and all but the probe at 51 s were refused.
    @Test func whatTheBreakerRefusedIsInTheCohortAsItWouldHaveFared() throws {
        let flight = try outage()
        #expect(flight.say("retry.success_rate") == "0.0 of 29")
        #expect(flight.say("retry.cohort_refused") == "28.0 of 29")
    }

    /// Requests before 60 s are not counted, which leaves 60; the one at 51 s is not among them. The second
    /// opening at 51.01 s is in the warm-up; the period ends at 70 s, and the breaker closes at 82.01 s.
    @Test func theWarmUpIsNotCounted() throws {
        let flight = try outage(more: "warmup: 60s")
        #expect(flight.say("requests") == "60.0 of 60")
        #expect(flight.say("breaker.opens") == "0.0 of 60")
        #expect(flight.say("breaker.unjustified_opens") == "none of 0")
        #expect(flight.say("breaker.detection_delay") == "none of 0")
        #expect(flight.say("breaker.recovery_lag") == "12010.0 of 1")
        #expect(flight.say("breaker.needless_rejections") == "12.0 of 22")
        #expect(flight.say("breaker.false_positive_rate") == "0.0 of 50")
    }

    @Test func aPeriodThatEndsInTheWarmUpIsNotCounted() throws {
        let flight = try outage(more: "warmup: 70s")
        #expect(flight.say("breaker.missed") == "none of 0")
        #expect(flight.say("breaker.recovery_lag") == "none of 0")
    }

    @Test func withoutABreakerNothingReachesIt() throws {
        let flight = try outage(client: ", enable_circuit_breaker: false")
        #expect(flight.say("breaker.false_positive_rate") == "none of 0")
        #expect(flight.say("breaker.opens") == "0.0 of 120")
        #expect(flight.say("breaker.needless_rejections") == "none of 0")
        #expect(flight.say("breaker.missed") == "1.0 of 1")
        #expect(flight.checked(.nothingWhileOpen) == 0)
    }

    // MARK: Missed

    @Test(arguments: [(60, "1.0 of 1"), (59, "none of 0")])
    func aPeriodOfAMinuteWithoutAnOpeningIsMissed(length: Int, said: String) throws {
        let flight = try fly(
            """
            duration: 120s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { at: 10s, for: \(length)s, status: 503 } ] }
            """, client: "enable_retry: false, circuit_breaker_threshold: 1000")
        #expect(flight.say("breaker.missed") == said)
        #expect(flight.say("breaker.detection_delay") == "none of 0")
    }

    /// The cache answers all requests while the upstream is down, so no client could have noticed.
    @Test func aPeriodInWhichNothingWasSentIsNotMissed() throws {
        let flight = try fly(
            """
            duration: 120s
            load: [ { rate: 1/s, path: /a } ]
            upstream: { latency: 10ms, faults: [ { at: 10s, for: 60s, status: 503 } ] }
            """)
        #expect(flight.say("attempts") == "1.0 of 1")
        #expect(flight.say("breaker.missed") == "none of 0")
    }

    /// The sequence fails some attempts from 10 s on and is then exhausted. With 9 of 10 requests on a healthy
    /// path, the upstream as a whole is healthy.
    @Test func aPeriodEndsWhenASequenceOfAllIsSpent() throws {
        let fault =
            "faults: [ { at: 10s, path: /a, status: 503, sequence: { fail: 20, of: all } } ]"
        let alone = try fly(
            """
            duration: 120s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, \(fault) }
            """, client: "enable_retry: false")
        // Opens at 20.01 s after 11 failures. The probes at 51 and 82 s, then one every 31 s, fail until the
        // flight ends: 14 failures do not exhaust a sequence of 20.
        #expect(alone.say("breaker.opens") == "4.0 of 120")
        #expect(alone.say("breaker.missed") == "0.0 of 1")
        let spent = try fly(
            """
            duration: 120s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, \(fault) }
            """, client: "enable_retry: false, circuit_breaker_threshold: 1000")
        // The attempts from 10 to 29 s fail, which is less than a minute.
        #expect(spent.say("success_rate") == "\(100.0 / 120) of 120")
        #expect(spent.say("breaker.missed") == "none of 0")
        // 70 failed attempts from 10 to 79 s: a period of at least 69 s.
        let long = try fly(
            """
            duration: 120s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream:
              latency: 10ms
              faults: [ { at: 10s, status: 503, sequence: { fail: 70, of: all } } ]
            """, client: "enable_retry: false, circuit_breaker_threshold: 1000")
        #expect(long.say("success_rate") == "\(50.0 / 120) of 120")
        #expect(long.say("breaker.missed") == "1.0 of 1")
        let shared = try fly(
            """
            duration: 120s
            load:
              - { rate: 1/s, path: /a, use_cache: false }
              - { rate: 9/s, path: /b, use_cache: false }
            upstream: { latency: 10ms, faults: [ { at: 10s, for: 70s, path: /a, status: 503 } ] }
            """, client: "enable_retry: false")
        #expect(shared.say("breaker.opens") == "0.0 of 1200")
        #expect(shared.say("breaker.missed") == "none of 0")
    }

    /// One of five hundred paths fails for two minutes, or all others do.
    @Test(arguments: [("1", "none of 0"), ("{2..500}", "0.0 of 1")])
    func aPeriodIsOfWhatThePathsHaveInCommon(failing: String, missed: String) throws {
        let flight = try fly(
            """
            duration: 6m
            load: [ { rate: 10/s, path: "/users/{1..500}", use_cache: false } ]
            upstream:
              latency: 10ms
              faults: [ { at: 2m, for: 2m, path: "/users/\(failing)", status: 503 } ]
            """, client: "enable_retry: false")
        #expect(flight.say("breaker.missed") == missed)
    }

    /// Ten requests per second succeed, and the rate of failing ones rises from 0 to 100 per second within 20 minutes.
    /// At 120 s both rates are equal. If it falls from 20 to 0 instead, they are equal after 10 minutes.
    @Test(arguments: [
        (0, 100, "20m", 120.0, 1200.0), (20, 0, "20m", 0.0, 600.0), (50, 0, "20m", 0.0, 960.0),
        (25, 4, "70s", 0.0, 50.0), (35, 0, "70s", 0.0, 50.0), (13, 3, "10s", 0.0, 3.0),
        (3, 13, "10s", 7.0, 10.0),
    ])
    func aPeriodBeginsAndEndsWhereARampMakesTheFailuresOutweigh(
        from: Int, to: Int, duration: String, begins: Double, ends: Double
    ) throws {
        let plan = try scenario(
            """
            duration: \(duration)
            load:
              - { rate: 10/s, path: /ok, use_cache: false }
              - { ramp: { from: \(from)/s, to: \(to)/s }, path: /bad, use_cache: false }
            upstream: { latency: 10ms, faults: [ { path: /bad, status: 503 } ] }
            """)
        let upstream = UpstreamBox(FaultyUpstream(plan.upstream, seed: 1, epoch: 0))
        let watch = HealthWatch(plan, upstream)
        let periods = watch.periods(until: plan.duration)
        #expect(periods.count == 1)
        let (start, end) = (periods.first?.start ?? -1, periods.first?.end ?? -1)
        #expect(abs(Double(start) / 1e9 - begins) < 1e-6 && abs(Double(end) / 1e9 - ends) < 1e-6)
    }

    /// Closed loads are weighted by the requests they make: a hundred users with a think time of 100 s make one
    /// request per second; five with 10 ms make about two hundred and fifty. Ten per second succeed.
    @Test(arguments: [("100", "100s", 0), ("5", "10ms", 1)])
    func usersWeighAsOftenAsTheyAsk(users: String, think: String, periods: Int) throws {
        let plan = try scenario(
            """
            duration: 20m
            load:
              - { rate: 10/s, path: /a, use_cache: false }
              - { users: \(users), think: { exponential: { mean: \(think) } }, path: /b, use_cache: false }
            upstream: { latency: 10ms, faults: [ { at: 5m, for: 5m, path: /b, status: 503 } ] }
            """)
        let upstream = UpstreamBox(FaultyUpstream(plan.upstream, seed: 1, epoch: 0))
        let watch = HealthWatch(plan, upstream)
        #expect(watch.periods(until: plan.duration).count == periods)
    }

    // MARK: Openings by chance

    /// One request per second for 60 s without retries. The first five fail although the failure probability is
    /// 10 %: the breaker opens at 4.01 s without justification. 5 to 34 s: 30 refused. 35 s: a probe.
    private func badLuck(
        _ fails: @escaping @Sendable (UInt64) -> Bool,
        _ probability: @escaping @Sendable (UInt64) -> Double
    ) throws -> FlightResult {
        try fly(
            """
            duration: 60s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            """, client: "enable_retry: false",
            upstream: WrittenUpstream(
                decision: { request, _ in .answer(fails(request.request) ? 503 : 200) },
                probability: { request, _ in probability(request.request) }))
    }

    @Test func refusalsAfterAnUnjustifiedOpeningAreFalsePositives() throws {
        let flight = try badLuck({ $0 < 5 }, { _ in 0.1 })
        #expect(flight.say("breaker.opens") == "1.0 of 60")
        #expect(flight.say("breaker.unjustified_opens") == "1.0 of 1")
        #expect(flight.figure("breaker.unjustified_opens")?.offenders == [4])
        #expect(flight.say("breaker.false_positive_rate") == "0.5 of 60")
        #expect(flight.figure("breaker.false_positive_rate")?.offenders == [5, 6, 7, 8, 9])
        #expect(flight.say("breaker.needless_rejections") == "30.0 of 30")
    }

    /// As above; ten of the 30 refused requests would have received an answer that the client rejects.
    @Test func anAttemptWhoseAnswerWouldBreakTheSchemaIsNotRefusedNeedlessly() throws {
        let flight = try fly(
            """
            duration: 60s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream:
              latency: 10ms
              routes: [ { path: /a, body: { id: 7 }, schema: { properties: { id: { type: integer } } } } ]
              faults: [ { at: 0s, for: 5s, status: 503 }, { at: 10s, for: 10s, wrong_schema: true } ]
            """, client: "enable_retry: false")
        #expect(flight.say("breaker.needless_rejections") == "20.0 of 30")
    }

    /// Both numbers count only requests that reach the breaker while the upstream is healthy: 60 without those
    /// from 10 to 19 s.
    @Test func refusalsAtAnUnhealthyInstantAreNotFalse() throws {
        let flight = try badLuck({ $0 < 5 }, { (10..<20).contains($0) ? 0.5 : 0.1 })
        #expect(flight.say("breaker.false_positive_rate") == "0.4 of 50")
        // These very attempts would nevertheless have succeeded.
        #expect(flight.say("breaker.needless_rejections") == "30.0 of 30")
    }

    /// The probe at 35 s fails as well: 24 more requests are refused, from 36 to 59 s. Its own failure
    /// probability counts.
    @Test(arguments: [(0.1, "0.9 of 60", "2.0 of 2"), (0.5, "\(30.0 / 59) of 59", "1.0 of 2")])
    func aReopeningIsJudgedByItsProbe(probe: Double, rate: String, unjustified: String) throws {
        let flight = try badLuck({ $0 < 5 || $0 == 35 }, { $0 == 35 ? probe : 0.1 })
        #expect(flight.say("breaker.unjustified_opens") == unjustified)
        #expect(flight.say("breaker.false_positive_rate") == rate)
    }

    /// The mean over the attempts in the window: one of 5 has 100 %, four have 37.5 %, together 50 %.
    @Test(arguments: [(0.375, "0.0 of 1"), (0.374, "1.0 of 1")])
    func anOpeningIsJustifiedByTheMeanOfItsWindow(other: Double, unjustified: String) throws {
        let flight = try badLuck({ $0 < 5 }, { $0 == 0 ? 1 : other })
        #expect(flight.say("breaker.unjustified_opens") == unjustified)
    }

    /// Results older than the window do not count: those from 0 to 4 s with probability 0 have left it when
    /// five failures with probability 1 open the breaker at 64.01 s.
    @Test func whatHasLeftTheWindowJustifiesNothing() throws {
        let flight = try fly(
            """
            duration: 70s
            load:
              - { rate: 1/s, for: 4s, path: /a, use_cache: false }
              - { rate: 1/s, at: 64s, for: 5s, path: /a, use_cache: false }
            """, client: "enable_retry: false",
            upstream: WrittenUpstream(
                decision: { _, instant in .answer(instant > 60 * second ? 503 : 200) },
                probability: { _, instant in instant > 60 * second ? 0.6 : 0 }))
        #expect(flight.say("breaker.opens") == "1.0 of 9")
        #expect(flight.say("breaker.unjustified_opens") == "0.0 of 1")
    }

    /// A refusal after a first send is not a false positive, since the request was not refused before any send.
    /// Both sends of requests 2 and 3 fail, with a wait of 100 ms in between.
    @Test func aRefusedRetryIsNoFalsePositive() throws {
        let flight = try fly(
            """
            duration: 5s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            """, client: "max_retries: 4",
            upstream: WrittenUpstream(
                decision: { _, _ in .answer(503) }, probability: { _, _ in 0.1 }))
        // Request 0 makes 5 sends, the last at 10 + ... ms: 0, 110, 320, 730 and 1 540 ms; request 1
        // sends at 1 000, 1 110 and 1 320 ms. The fifth failure is the one at 1.01 s.
        #expect(flight.say("breaker.opens") == "1.0 of 5")
        #expect(flight.say("attempts") == "5.0 of 5")
        // Requests 2, 3 and 4 are refused before any send; 0 and 1 after one.
        #expect(flight.say("breaker.false_positive_rate") == "0.6 of 5")
        #expect(flight.say("breaker.needless_rejections") == "0.0 of 5")
        #expect(flight.say("retry.cohort_refused") == "5.0 of 5")
    }

    /// Only a valid 2xx would have been a success, not a 404 or a body that is not JSON.
    @Test(arguments: ["status: 404", "malformed_json: true"])
    func aRejectionOfWhatWouldHaveFailedIsNotNeedless(fault: String) throws {
        let flight = try fly(
            """
            duration: 30s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream:
              latency: 10ms
              faults: [ { at: 0s, for: 5s, status: 503 }, { at: 20s, \(fault) } ]
            """, client: "enable_retry: false")
        // Opens at 4.01 s; requests from 5 to 29 s are refused, of which those from 5 to 19 s would have succeeded.
        #expect(flight.say("breaker.needless_rejections") == "15.0 of 25")
    }
}
