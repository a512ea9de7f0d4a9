import APIClient
import Foundation
import HTTPTypes
import ScenarioFile
import Testing
import Trace
import Upstream

@testable import Flight

/// Several parallel attempts of one request, each with its own decision, end and cancellation.
@Suite("Attempts that race") struct RaceTests {
    /// One request per second. Every other first answer takes 300 ms and loses against a second attempt after 100 ms.
    static let text = """
        duration: 60s
        load: [ { rate: 1/s, path: /a } ]
        upstream:
          latency: 20ms
          faults:
            - { sequence: { fail: 1, of: each_request }, latency: 300ms }
        """

    static func plan(_ text: String) throws -> Scenario {
        try scenario(
            text, client: "enable_circuit_breaker: false, enable_caching: false")
    }

    private func fly(
        _ mode: FlightMode = .simulated, _ consumer: (any FlightEventConsumer)? = nil,
        text: String = text
    ) throws -> FlightResult {
        var options = FlightOptions(seed: 7, version: "test")
        options.mode = mode
        return try FlightRun.fly(
            try Self.plan(text), options, client: { _ in RacingClient() },
            consumers: consumer.map { [$0] } ?? [])
    }

    @Test func `the first answer wins, the loser is cancelled, and no rule is broken`() throws {
        let follower = AttemptFollower()
        let flight = try fly(.simulated, follower)
        #expect(flight.violated == [])
        #expect(flight.value("requests") == 60 && flight.value("success_rate") == 1)
        #expect(flight.value("attempts") == 120 && flight.value("retry.amplification") == 2)
        // 100 ms until the second attempt, which takes 20 ms.
        #expect(flight.value("latency.p50") == 120 && flight.value("latency.max") == 120)
        #expect(follower.mostUnderWay == 2)
        #expect(follower.ended == [.failure(.cancelled): 60, .answer(status: 200): 60])
        // Each attempt has its own record: the loser's decision differs from the winner's.
        #expect(follower.delays == [20 * ms: 60, 320 * ms: 60])
    }

    @Test func `the trace tells which attempt was cancelled and which was answered`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "windtunnel-race-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.path + "/trace.jsonl.gz"
        _ = try FlightRun.fly(
            try Self.plan(Self.text),
            FlightOptions(seed: 7, version: "test", tracePath: path),
            client: { _ in RacingClient() })
        var reader = try TraceReader(path: path)
        var lines: [String] = []
        while let line = try reader.next() {
            let text = String(decoding: line, as: UTF8.self)
            if text.contains("\"r\":5,") { lines.append(text) }
        }
        let told = lines.map { line in
            line.replacing(/^\{"t":\d+,"r":5,/, with: "").replacing(/"d":\d+/, with: "d")
        }
        #expect(
            told == [
                #""e":"request","m":"GET","p":"/a"}"#,
                #""e":"attempt","a":1,"s":200,d,"faults":[0]}"#,
                #""e":"attempt","a":2,"s":200,d}"#,
                #""e":"answer","a":2,"s":200}"#,
                #""e":"failure","a":1,"k":"cancelled"}"#,
                #""e":"end","o":"ok"}"#,
            ])
    }

    @Test func `over real sockets the race has the same digest`() throws {
        let memory = try fly()
        #expect(try fly(.wire).digest == memory.digest)
    }

    /// On the caller's task an attempt ends only with its caller; in a child task it can be cancelled.
    @Test func `an attempt of the product's client is cancelled in a child task`() throws {
        let follower = AttemptFollower()
        let flight = try FlightRun.fly(
            try Self.plan(
                """
                duration: 10s
                load: [ { rate: 1/s, path: /a } ]
                upstream: { latency: 400ms }
                """), FlightOptions(seed: 1, version: "test"),
            client: { environment throws(APIError) in
                ImpatientClient(client: try environment.makeAPIClient())
            }, consumers: [follower])
        #expect(follower.ended == [.failure(.cancelled): 10])
        #expect(flight.value("success_rate") == 0 && flight.value("latency.all.max") == 100)
    }
}

/// Needs real time, so it runs by itself; see dev/run-tests.
@Suite("Attempts that race on a real clock") struct LiveRaceTests {
    @Test func `the loser is cancelled, too`() throws {
        let follower = AttemptFollower()
        var options = FlightOptions(seed: 7, version: "test")
        options.mode = .live
        let flight = try FlightRun.fly(
            try RaceTests.plan(RaceTests.text.replacing("duration: 60s", with: "duration: 3s")),
            options, client: { _ in RacingClient() }, consumers: [follower])
        #expect(flight.violated == [])
        #expect(flight.value("success_rate") == 1 && follower.mostUnderWay == 2)
        // On a slow machine the first attempt may win after all.
        #expect(follower.ended[.failure(.cancelled), default: 0] >= 1)
    }
}

/// Runs the product's client in a child task that is cancelled after 100 ms.
private struct ImpatientClient: ClientUnderTest {
    let client: APIClient

    func execute(
        _ request: APIRequest, on context: RequestContext
    ) async throws(APIError) -> APIResponse {
        let response = await withTaskGroup(of: APIResponse?.self) { group in
            group.addTask {
                try? await client.execute(request, observer: context.observer)
            }
            group.addTask {
                try? await context.pause(.milliseconds(100))
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        guard let response else { throw context.error(.timeout, .client) }
        return response
    }
}

/// Counts the results of attempts, as a consumer of events.
final class AttemptFollower: FlightEventConsumer {
    private var underWay: [UInt64: Int] = [:]
    var mostUnderWay = 0
    var ended: [AttemptResult: Int] = [:]
    var delays: [Int64: Int] = [:]

    func consume(_ event: FlightEvent, of request: RequestRecord, at instant: Int64) {
        switch event {
        case .attemptDecided(let attempt):
            underWay[request.call.request, default: 0] += 1
            mostUnderWay = max(mostUnderWay, underWay[request.call.request, default: 0])
            delays[attempt.decision.delay, default: 0] += 1
        case .attemptEnded(let attempt, let result):
            #expect(attempt.call == request.call)
            underWay[request.call.request, default: 0] -= 1
            ended[result, default: 0] += 1
        default: break
        }
    }
}
