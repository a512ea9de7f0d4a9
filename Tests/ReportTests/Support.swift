import Foundation
import ScenarioFile
import Testing
import Trace

@testable import Flight

/// The scenario of these tests' reports.
func outage(_ more: String = "") throws -> Scenario {
    let text = """
        format: 1
        name: An outage
        requirements: [REQ.01.21.03]
        duration: 10s
        client: { jitter: none, rate_limit_per_minute: 0 }
        load:
          - { name: users, rate: 1/s, path: /v1/users/7, use_cache: false }
        upstream:
          latency: 40ms
          faults:
            - { at: 2s, for: 1100ms, status: 503, retry_after: 1s }
            - { at: 8s, latency: 20ms }
            - { at: 3s, for: 1s, hang: true }
        expect:
          - success_rate == 100%
          - latency.p50 <= 10ms
          - { check: "latency.max{load=users} <= 1s", advisory: true }
        \(more)
        """
    return try Scenario.decode(Array(text.utf8), file: "outage.yaml")
}

/// Flies a scenario and reads its trace: the header, then the event lines.
func trace(of scenario: Scenario) throws -> (header: TraceHeader, lines: [[UInt8]]) {
    let path = FileManager.default.temporaryDirectory
        .appendingPathComponent("windtunnel-\(UUID().uuidString).jsonl.gz").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try FlightRun.fly(scenario, FlightOptions(seed: 42, version: "1.0", tracePath: path))
    var reader = try TraceReader(path: path)
    var lines: [[UInt8]] = []
    while let line = try reader.next() { lines.append(line) }
    return (try TraceHeader(line: lines[0], path: path), Array(lines[1..<(lines.count - 1)]))
}

/// A flight result with made-up values.
func result(
    _ scenario: Scenario, figures: [Figure], invariants: [InvariantResult] = []
) -> FlightResult {
    FlightResult(
        scenario: scenario, seed: 42, mode: .simulated, digest: String(repeating: "ab", count: 32),
        lines: 1_234, traceBytes: 5_678, tracePath: "reports/outage/simulated/42/trace.jsonl.gz",
        virtualSeconds: 10.5, wallSeconds: 0.123, figures: figures, invariants: invariants,
        isInterrupted: false)
}

func figure(
    _ name: String, _ value: Double?, samples: UInt64, load: String? = nil, offenders: [UInt64] = []
) -> Figure {
    var figure = Figure(name, value, samples: samples, offenders: offenders)
    figure.load = load
    return figure
}

let exampleFigures = [
    figure("requests", 10, samples: 10), figure("attempts", 12, samples: 12),
    figure("success_rate", 0.9, samples: 10, offenders: [3]),
    figure("latency.p50", 40, samples: 9, offenders: [2, 8]),
    figure("latency.p95", 1_080, samples: 9), figure("latency.p99", 12_345, samples: 9),
    figure("retry.success_rate", nil, samples: 0), figure("throughput", 0.9, samples: 10),
    figure("retry.amplification", 1.2, samples: 10), figure("breaker.opens", 0, samples: 10),
    figure("latency.max", 12_345, samples: 9, load: "users", offenders: [2]),
]

let exampleInvariants = [
    InvariantResult(.sendsBounded, checked: 10, violations: 0, examples: []),
    InvariantResult(
        .limiterBound, checked: 1_200, violations: 2,
        examples: [.init(request: 7, instant: 1_500_000_000, text: "61 sends within 9 ns")]),
]
