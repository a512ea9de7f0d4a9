import APIClient
import HTTPTypes
import ScenarioFile
import Testing
import Upstream

@testable import Flight

@Suite(.timeLimit(.minutes(5))) struct WireTests {
    private func digest(_ plan: Scenario, _ mode: FlightMode, seed: UInt64) throws -> String {
        var options = FlightOptions(seed: seed, version: "test")
        options.mode = mode
        let result = try FlightRun.fly(plan, options)
        #expect(result.violated == [])
        return result.digest
    }

    @Test(arguments: NastyScenarios.names, 1...3 as ClosedRange<UInt64>)
    func overSocketsAFlightHasTheDigestThatItHasInMemory(_ name: String, _ seed: UInt64) throws {
        let plan = try NastyScenarios.scenario(name)
        #expect(try digest(plan, .wire, seed: seed) == digest(plan, .simulated, seed: seed))
    }

    @Test(arguments: [false, true], 1...3 as ClosedRange<UInt64>)
    func soItHasWithEveryKindOfFaultAtOnce(_ overTLS: Bool, _ seed: UInt64) throws {
        let faults = FaultKind.all.enumerated().filter { overTLS || !$1.needsTLS }.map {
            place, kind in
            kind.isBeforeRequest
                ? "{ at: \(place)s, for: 500ms, \(kind.fault) }"
                : "{ probability: 5%, \(kind.fault) }"
        }
        let plan = try scenario(
            """
            duration: 25s
            load:
              - { rate: 20/s, arrivals: poisson, path: "/v1/users/{1..50}", use_cache: false }
              - { rate: 5/s, arrivals: poisson, path: "/v1/users/{1..5}" }
              - { rate: 5/s, method: POST, path: /v1/orders, body: { a: 1 } }
              - { rate: 2/s, path: /v1/slow, use_cache: false, cancel_after: { uniform: { from: 1ms, to: 2s } } }
            upstream:
              latency: { lognormal: { median: 40ms, p99: 900ms } }
              faults: [ \(faults.joined(separator: ", ")) ]
            """, settings: ["client.jitter=full"])
        #expect(try digest(plan, .wire, seed: seed) == digest(plan, .simulated, seed: seed))
    }

    @Test func anAnswerThatCrossesDifferentlyEndsTheFlightWithBothSides() throws {
        // A body that contradicts its header fields: curl reports an error.
        let plan = try scenario(
            """
            duration: 1s
            load: [ { rate: 10/s, path: /a, use_cache: false } ]
            upstream: { latency: 1ms }
            """)
        var options = FlightOptions(seed: 1, version: "test")
        options.mode = .wire
        let error = #expect(throws: FlightError.self) {
            try FlightRun.fly(plan, options, upstream: LyingUpstream())
        }
        #expect(error?.code == .notReproduced)
        #expect(error?.message.contains("decided: 200 {content-encoding: gzip} 2 bytes") == true)
        #expect(error?.message.contains("observed: malformed") == true)
    }

    @Test func aClientOfOnesOwnSpeaksTLSWhereTheUpstreamDoes() throws {
        let plan = try scenario(
            """
            duration: 2s
            load: [ { rate: 10/s, path: /a, use_cache: false } ]
            upstream: { latency: 1ms, faults: [ { at: 1s, for: 300ms, expired: true } ] }
            """)
        var options = FlightOptions(seed: 1, version: "test")
        options.mode = .wire
        let result = try FlightRun.fly(plan, options) { _ in OneSend() }
        #expect(result.say("success_rate") == "0.85 of 20")
    }

    @Test func bothEndsCountTheSameSends() throws {
        var options = FlightOptions(seed: 1, version: "test")
        options.mode = .wire
        let simulated = try FlightRun.fly(
            try NastyScenarios.scenario("storm"), FlightOptions(seed: 1, version: "test"))
        let wire = try FlightRun.fly(try NastyScenarios.scenario("storm"), options)
        // One check more than in memory: the total sends of curl and of the server.
        #expect(wire.checked(.sendsAccounted) == simulated.checked(.sendsAccounted) + 1)
    }
}

extension FaultKind {
    fileprivate var isBeforeRequest: Bool { needsTLS || fault.hasPrefix("refuse") }
}

private struct LyingUpstream: UpstreamModel {
    func decide(_ request: ArrivedRequest, at instant: Int64) -> Decision {
        let answer = Answer(status: 200, fields: [.contentEncoding: "gzip"], body: Array("{}".utf8))
        return Decision(ending: .answer(answer), delay: 1_000_000)
    }

    func foresee(_ request: ArrivedRequest, at instant: Int64) -> Decision {
        decide(request, at: instant)
    }
}

/// A client that sends once and ignores the outcome.
private struct OneSend: ClientUnderTest {
    func execute(
        _ request: APIRequest, on line: RequestContext
    ) async throws(APIError) -> APIResponse {
        do {
            return line.answer(try await line.send(request, timeout: .seconds(5)))
        } catch {
            throw line.error(.serverError, .upstream, cause: error)
        }
    }
}
