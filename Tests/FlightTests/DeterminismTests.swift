import Foundation
import ScenarioFile
import Testing
import Trace

@testable import Flight

@Suite struct DeterminismTests {
    private let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("windtunnel-" + UUID().uuidString)

    private func fly(
        _ plan: Scenario, seed: UInt64 = 42, trace: TraceMode = .full, to name: String? = nil
    ) throws -> FlightResult {
        var path: String?
        if let name {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            path = folder.appendingPathComponent(name).path
        }
        return try FlightRun.fly(
            plan, FlightOptions(seed: seed, version: "test", trace: trace, tracePath: path))
    }

    private func removeFolder() { try? FileManager.default.removeItem(at: folder) }

    /// The event lines of a trace.
    private func lines(_ flight: FlightResult) throws -> [String] {
        var reader = try TraceReader(path: try #require(flight.tracePath))
        var lines: [String] = []
        while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
        return Array(lines.dropFirst().dropLast())
    }

    /// The whole result of a flight except its elapsed real time.
    private func said(_ flight: FlightResult) -> FlightResult {
        var flight = flight
        flight.wallSeconds = 0
        flight.tracePath = nil
        return flight
    }

    @Test(arguments: NastyScenarios.names) func theSameFlightTwiceIsTheSame(name: String) throws {
        defer { removeFolder() }
        let plan = try NastyScenarios.scenario(name)
        let one = try fly(plan, to: "one.jsonl.gz")
        let two = try fly(plan, to: "two.jsonl.gz")
        #expect(one.digest.count == 64 && one.digest == two.digest)
        #expect(one.lines > 500 && one.lines == two.lines)
        #expect(one.figures == two.figures && one.invariants == two.invariants)
        let bytes = try ["one", "two"].map {
            try Data(contentsOf: folder.appendingPathComponent($0 + ".jsonl.gz"))
        }
        #expect(bytes[0] == bytes[1])
        #expect(try UInt64(lines(one).count) == one.lines)
    }

    @Test func flightsInParallelDoNotDisturbEachOther() async throws {
        let plans = try NastyScenarios.names.map { try NastyScenarios.scenario($0) }
        let alone = try plans.map { try fly($0).digest }
        let together = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for round in 0..<3 {
                for (index, plan) in plans.enumerated() {
                    group.addTask {
                        let options = FlightOptions(seed: 42, version: "round \(round)")
                        return (index, try FlightRun.fly(plan, options).digest)
                    }
                }
            }
            var digests = [Set<String>](repeating: [], count: plans.count)
            for try await (index, digest) in group { digests[index].insert(digest) }
            return digests
        }
        #expect(together == alone.map { [$0] })
    }

    @Test(arguments: NastyScenarios.names) func anotherSeedIsAnotherFlight(name: String) throws {
        let plan = try NastyScenarios.scenario(name)
        let digests = try (1...5 as ClosedRange<UInt64>).map { try fly(plan, seed: $0).digest }
        #expect(Set(digests).count == digests.count)
    }

    /// Without a breaker, a limiter and shared answers, loads are independent of each other.
    @Test func aLoadAddedAtTheEndChangesNoOtherRequestsFate() throws {
        defer { removeFolder() }
        func plan(_ more: String) throws -> Scenario {
            try scenario(
                """
                duration: 20s
                load:
                  - { rate: 5/s, arrivals: poisson, path: "/v1/users/{1..500}", use_cache: false }
                  - { rate: 5/s, arrivals: poisson, path: /a, use_cache: false }
                \(more)
                upstream:
                  latency: { lognormal: { median: 40ms, p99: 900ms } }
                  faults:
                    - { probability: 30%, status: 503 }
                    - { probability: 20%, latency: { exponential: { mean: 1s } } }
                    - { at: 5s, for: 3s, hang: true }
                """, client: "enable_circuit_breaker: false", settings: ["client.jitter=full"])
        }
        let few = try lines(try fly(try plan(""), to: "few.jsonl.gz"))
        let third =
            "  - { rate: 9/s, arrivals: poisson, path: \"/v1/users/{1..9}\", use_cache: false }"
        let more = try lines(try fly(try plan(third), to: "more.jsonl.gz"))
        #expect(more.count > few.count + 500)
        #expect(more.filter { !$0.contains("\"r\":2000000000") } == few)
    }

    @Test(arguments: NastyScenarios.names) func everyTraceHasTheFullStreamsDigest(name: String)
        throws
    {
        defer { removeFolder() }
        let plan = try NastyScenarios.scenario(name)
        let full = try fly(plan, to: "full.jsonl.gz")
        let failures = try fly(plan, trace: .failures, to: "failures.jsonl.gz")
        let off = try fly(plan, trace: .off, to: "off.jsonl.gz")
        #expect(failures.digest == full.digest && failures.lines == full.lines)
        #expect(off.digest == full.digest && off.lines == full.lines)
        #expect(off.tracePath == nil && off.traceBytes == 0)
        #expect(
            !FileManager.default.fileExists(
                atPath: folder.appendingPathComponent("off.jsonl.gz").path))
        #expect(full.figures == failures.figures && full.figures == off.figures)

        // The trace holds the requests that did not succeed, each with all its lines.
        let all = try lines(full)
        let ends = all.filter { $0.contains("\"e\":\"end\"") }
        func request(_ line: String) -> Substring {
            let tail = line[(line.range(of: "\"r\":")?.upperBound ?? line.endIndex)...]
            return tail.prefix { $0.isNumber }
        }
        let failed = Set(
            ends.filter { !$0.contains("\"o\":\"ok\"") && !$0.contains("\"o\":\"cached\"") }.map(
                request))
        let kept = try lines(failures)
        #expect(!failed.isEmpty && failed.count < ends.count)
        #expect(kept.sorted() == all.filter { failed.contains(request($0)) }.sorted())
        guard
            case .selection(let digest, _, let written) =
                try TraceVerifier.verify(try #require(failures.tracePath))
        else {
            Issue.record("the trace of failures is no selection")
            return
        }
        #expect(digest == full.digest && written == UInt64(kept.count))
        guard
            case .whole(full.digest, full.lines) =
                try TraceVerifier.verify(try #require(full.tracePath))
        else {
            Issue.record("the full trace is not whole")
            return
        }
    }

    @Test(arguments: NastyScenarios.names) func recordingChangesNothing(name: String) throws {
        let plan = try NastyScenarios.scenario(name)
        var options = FlightOptions(seed: 42, version: "test")
        let recorded = try FlightRun.fly(plan, options)
        options.isRecorded = false
        let unrecorded = try FlightRun.fly(plan, options)
        #expect(unrecorded.digest == "" && unrecorded.lines == 0)
        #expect(unrecorded.figures == recorded.figures)
        #expect(unrecorded.virtualSeconds == recorded.virtualSeconds)
        // Only the search for secrets has no text to check.
        #expect(
            unrecorded.invariants.filter { $0.invariant != .noSecretShown }
                == recorded.invariants.filter { $0.invariant != .noSecretShown })
    }

    @Test func linesComeInTheOrderOfVirtualTime() throws {
        defer { removeFolder() }
        let all = try lines(try fly(try NastyScenarios.scenario("storm"), to: "t.jsonl.gz"))
        let instants = try all.map { line in
            #expect(line.hasPrefix("{\"t\":"))
            return try #require(Int64(line.dropFirst(5).prefix { $0.isNumber }))
        }
        #expect(instants == instants.sorted())
    }
}
