import APIClient
import Foundation
import ScenarioFile
import Testing

@testable import Flight

/// The timeline's bins after the warm-up add up to the figures, in every scenario of the repository.
@Suite("The timeline sums to the figures") struct TimelineSumTests {
    /// Two minutes each, which include faults, openings and expiries.
    private static let duration: Int64 = 120_000_000_000

    static let files: [String] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../scenarios").standardized
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".yaml") }.sorted().map { folder.path + "/" + $0 }
    }()

    private static func fly(_ file: String) throws -> FlightResult {
        var plan = try Scenario.decode(
            Array(try Data(contentsOf: URL(filePath: file))), file: file)
        plan.duration = min(plan.duration, duration)
        plan.warmup = min(plan.warmup, plan.duration / 4) + 7_300_000_000
        // An expectation per load, so that each load has figures to compare its series with.
        return try FlightRun.fly(plan, FlightOptions(seed: 3, version: "test"))
    }

    private static func name(_ file: String) -> String { String(file.split(separator: "/").last!) }

    @Test func `there are scenarios to look at`() { #expect(Self.files.count >= 30) }

    @Test(arguments: files.map(name)) func `in`(scenario: String) throws {
        let file = try #require(Self.files.first { Self.name($0) == scenario })
        let flight = try Self.fly(file)
        let timeline = try #require(flight.timeline)
        #expect(timeline.bins <= 512)
        #expect(timeline.warmupBins > 0 && timeline.warmupBins < timeline.bins)
        let whole = timeline.series[0]
        func sum(_ counts: [UInt64]) -> UInt64 {
            counts.dropFirst(timeline.warmupBins).reduce(0, +)
        }
        func sum(_ columns: [Timeline.Column], _ names: Set<String>? = nil) -> UInt64 {
            columns.filter { names?.contains($0.name) ?? true }.reduce(0) { $0 + sum($1.counts) }
        }
        func samples(_ name: String) -> UInt64 { flight.figure(name)?.samples ?? 0 }

        let requests = samples("requests")
        #expect(sum(whole.requests) == requests)
        #expect(sum(whole.ended) == requests)
        let successes = (flight.value("success_rate") ?? 0) * Double(requests)
        #expect(sum(whole.ended, ["fresh", "cached"]) == UInt64(successes.rounded()))
        let fallbacks = (flight.value("fallback_rate") ?? 0) * Double(requests)
        #expect(sum(whole.ended, ["stale"]) == UInt64(fallbacks.rounded()))
        #expect(sum(whole.attempts) == samples("attempts"))
        #expect(
            sum(whole.counters, ["retries"])
                == samples("attempts") - samples("retry.amplification"))
        #expect(sum(whole.counters, ["breaker_refusals"]) == samples("breaker.needless_rejections"))
        let hits = (flight.value("cache.hit_rate") ?? 0) * Double(samples("cache.hit_rate"))
        #expect(sum(whole.counters, ["hits"]) == UInt64(hits.rounded()))
        #expect(
            sum(whole.counters, ["followers"]) == UInt64(flight.value("cache.followers") ?? 0))
        let counted = whole.latency.rows.dropFirst(timeline.warmupBins)
            .reduce(UInt64(0)) { $0 + $1.reduce(0) { $0 + $1.count } }
        #expect(counted == samples("latency.p50"))
        let longest = whole.latency.max.dropFirst(timeline.warmupBins).compactMap(\.self).max()
        let figure = flight.value("latency.max").map { UInt64(($0 * 1_000).rounded()) }
        #expect(longest == figure)

        // The series of the loads add up to that of the whole.
        #expect(timeline.series.count == flight.scenario.loads.count + 1)
        for bin in 0..<timeline.bins {
            let parts = timeline.series.dropFirst().reduce(UInt64(0)) { $0 + $1.requests[bin] }
            #expect(parts == whole.requests[bin])
        }
        let opens = timeline.transitions.filter {
            $0.to == .open && $0.at >= flight.scenario.warmup
        }.count
        #expect(opens == Int(flight.value("breaker.opens") ?? 0))
    }

    @Test func `the state of the upstream is told by time`() throws {
        let plan = try scenario(
            """
            duration: 60s
            load: [ { rate: 50/s, path: /a, use_cache: false } ]
            upstream:
              latency: 1ms
              capacity: { servers: 2, queue: 1000, service: 50ms }
              faults: [ { at: 20s, for: 10s, status: 503 } ]
            """, client: "enable_circuit_breaker: false, enable_retry: false")
        let flight = try FlightRun.fly(plan, FlightOptions(seed: 1, version: "test"))
        let upstream = try #require(flight.timeline).upstream
        // 50 a second for servers that do 40: ten more wait each second, but for the ten seconds of the fault.
        #expect(upstream.busy.prefix(15).allSatisfy { $0 == 2 })
        #expect(zip(upstream.queue.prefix(14), upstream.queue.dropFirst()).allSatisfy { $0 < $1 })
        #expect((0..<15).allSatisfy { upstream.unhealthyPermille[$0] == 0 })
        #expect((20..<30).allSatisfy { upstream.unhealthyPermille[$0] == 1_000 })
        #expect((0..<60).filter { upstream.faults[$0] == [0] } == Array(20..<30))
    }
}
