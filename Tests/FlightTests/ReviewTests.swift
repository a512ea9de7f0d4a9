import APIClient
import HTTPTypes
import ScenarioFile
import Simulation
import Testing
import Upstream

@testable import Flight

/// Regression tests for defects that reviewers and first users found.
@Suite struct ReviewTests {
    /// Ten requests per second, answers after 2 s, the first a 429 with a Retry-After of 1 s. The client does
    /// not know of it until 2 s; from 2 to 3 s ten requests arrive.
    @Test func nobodyIntrudesBeforeTheClientWasAskedToStayAway() throws {
        let flight = try fly(
            """
            duration: 10s
            load: [ { rate: 10/s, path: /a, use_cache: false } ]
            upstream:
              latency: 2s
              faults: [ { sequence: { fail: 1, of: all }, status: 429, retry_after: 1s } ]
            """)
        #expect(flight.say("retry_after.intrusions").hasPrefix("10.0 of "))
    }

    @Test func whoGaveUpIsNoneWhomARetryCouldHaveSaved() throws {
        let flight = try fly(
            """
            duration: 20s
            load:
              - { rate: 5/s, path: /a, use_cache: false, cancel_after: 1s }
            upstream: { latency: 20ms, faults: [ { probability: 50%, hang: true } ] }
            """, client: "enable_circuit_breaker: false")
        #expect(flight.say("retry.success_rate") == "none of 0")
    }

    @Test func whoGivesUpSoonerThanAnyAnswerIsNotRefusedNeedlessly() throws {
        let flight = try fly(
            """
            duration: 30s
            load:
              - { rate: 10/s, path: /a, use_cache: false, cancel_after: 100ms }
              - { name: bad, rate: 10/s, for: 2s, path: /b, use_cache: false }
            upstream: { latency: 150ms, faults: [ { path: /b, status: 500 } ] }
            """, client: "max_retries: 0")
        #expect(flight.figure("breaker.opens")?.value ?? 0 > 0)
        #expect(flight.figure("breaker.needless_rejections")?.value == 0)
    }

    /// A fault targets one of five clients: the upstream as a whole is healthy, and the other clients' breakers
    /// have missed nothing.
    @Test(arguments: [0, 1])
    func aFaultOfOneClientIsNoUnhealthyUpstream(client: Int) throws {
        let flight = try fly(
            """
            duration: 5m
            clients: 5
            load: [ { rate: 50/s, path: /a, use_cache: false } ]
            upstream:
              latency: 20ms
              faults: [ { at: 1m, for: 2m, client: \(client), status: 503 } ]
            """)
        #expect(flight.say("breaker.missed") == "none of 0")
        #expect(flight.say("recovery_time") == "none of 0")
    }

    /// The quota is exhausted at times; the outage is one period nevertheless.
    @Test func anOutageBehindAQuotaIsOnePeriod() throws {
        let flight = try fly(
            """
            duration: 8m
            load: [ { rate: 100/s, arrivals: poisson, path: /a, use_cache: false } ]
            upstream:
              latency: 20ms
              quota: { rate: 130/s, burst: 20 }
              faults: [ { at: 3m, for: 2m, status: 503 } ]
            """, client: "enable_circuit_breaker: false")
        #expect(flight.say("breaker.missed") == "1.0 of 1")
        #expect(flight.figure("recovery_time")?.samples == 1)
    }

    /// A failure before the request is read comes before any slowness.
    @Test func aRefusedConnectionIsTouchedByNothingElse() throws {
        let upstream = FaultyUpstream(
            UpstreamConfiguration(faults: [
                Fault(effect: .latency(LatencyFault(distribution: .fixed(second)))),
                Fault(effect: .refuse(RefuseFault())),
            ]), seed: 1, epoch: 0)
        let decision = upstream.decide(
            ArrivedRequest(method: .get, path: "/a", request: 0), at: 0)
        #expect(decision.touchedBy == [1] && decision.delay == 0)
    }

    @Test(arguments: [204, 304])
    func anAnswerWithoutABodyHasNone(status: Int) throws {
        let path = try PathPattern("/a")
        let upstream = FaultyUpstream(
            UpstreamConfiguration(routes: [Route(path: path, status: status)]), seed: 1, epoch: 0)
        let decision = upstream.decide(
            ArrivedRequest(method: .get, path: "/a", request: 0), at: 0)
        guard case .answer(let answer) = decision.ending else {
            Issue.record("no answer")
            return
        }
        #expect(answer.body.isEmpty)
    }

    @Test func theWindowOfAHugeLimitTakesNoRoomBeforeItIsNeeded() {
        let window = SendWindow(limit: .max)
        for instant in 0..<10 as Range<Int64> { #expect(window.gap(at: instant) == .max) }
    }

    /// After an interruption at a fifth of its duration, the rates of a flight refer to that fifth.
    @Test func anInterruptedFlightIsMeasuredByWhatWasFlown() throws {
        let plan = try scenario(
            """
            duration: 2000h
            load: [ { rate: 100/s, path: /a, use_cache: false } ]
            upstream:
              latency: 20ms
              faults: [ { burst: { enter: 1%, leave: 10%, slot: 1ms }, status: 404 } ]
            """)
        let flag = StopFlag()
        var options = FlightOptions(seed: 1, version: "test")
        options.stopFlag = flag
        options.progress = { _, _ in flag.raise() }
        let flight = try FlightRun.fly(plan, options)
        #expect(flight.isInterrupted && flight.virtualSeconds < 1_000)
        let rate = try #require(flight.figure("throughput")?.value)
        #expect(rate > 80 && rate <= 101)
    }

    /// A custom client that races a send against a shorter time limit of its own.
    private struct Racer: ClientUnderTest {
        func execute(
            _ request: APIRequest, on line: RequestContext
        ) async throws(APIError) -> APIResponse {
            let won = await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    (try? await line.send(request, timeout: .seconds(5))) != nil
                }
                group.addTask {
                    try? await line.wait(.milliseconds(100))
                    return false
                }
                let first = await group.next() ?? false
                group.cancelAll()
                return first
            }
            if won { return line.answer(TransportResponse(statusCode: 200)) }
            throw line.error(.timeout, .client)
        }
    }

    @Test func aClientOfOnesOwnMayCancelTheLoserOfARace() throws {
        let plan = try scenario(
            """
            duration: 5s
            load: [ { rate: 1/s, path: /a, use_cache: false } ]
            upstream: { latency: 3s }
            """)
        let flight = try FlightRun.fly(
            plan, FlightOptions(seed: 1, version: "test"),
            client: { _ throws(APIError) in Racer() })
        #expect(flight.say("latency.all.max") == "100.0 of 5")
    }
}
