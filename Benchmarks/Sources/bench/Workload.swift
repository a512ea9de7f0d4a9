import KeyedChance
import Flight
import ScenarioFile
import Upstream

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The same traffic, carried by more and more of the product: 1 000 requests a second (Poisson),
/// lognormal latency with median 50 ms and sigma 0.5, 2 % answered 503 and tried again.
enum Workload: String, CaseIterable {
    /// A bare task a request on the simulation's executor: sleeps, and no client.
    case floor
    /// The same in a simulation that adopts its tasks, as that of a flight does: what the flights' share of
    /// the gain is not the client's.
    case adopted
    /// The whole client, the upstream model, figures and invariants; no events.
    case untraced
    /// The same, with every event written, hashed and thrown away.
    case digest
    /// The same, with the trace compressed on another thread and kept in a file.
    case traced
    /// As `untraced`, and every exchange crosses real sockets.
    case wire

    /// exp(0.5 * 2.3263) times the median.
    static let latency = Distribution.lognormal(median: 50_000_000, p99: 160_005_000)
    static let failures = Ratio(2, of: 100)
    static let seed: UInt64 = 42

    /// Flies that many requests, or a few more or less where chance decides how many arrive.
    /// - Returns: the time that it took, in seconds of the wall clock.
    func seconds(requests: UInt64) throws -> Double {
        let start = ContinuousClock.now
        switch self {
        case .floor: try Floor(requests: requests).run()
        case .adopted: try Floor(requests: requests, adoptsTasks: true).run()
        case .untraced: try fly(requests, .off, isRecorded: false)
        case .wire: try fly(requests, .off, isRecorded: false, mode: .wire)
        case .digest: try fly(requests, .off, isRecorded: true)
        case .traced: try fly(requests, .full, isRecorded: true)
        }
        let passed = start.duration(to: .now).components
        return Double(passed.seconds) + Double(passed.attoseconds) * 1e-18
    }

    private func fly(
        _ requests: UInt64, _ trace: TraceMode, isRecorded: Bool, mode: FlightMode = .simulated
    ) throws {
        let path = "/tmp/windtunnel-bench-\(getpid()).jsonl.gz"
        var options = FlightOptions(
            seed: Self.seed, version: "bench", trace: trace, tracePath: path)
        options.isRecorded = isRecorded
        options.mode = mode
        let result = try FlightRun.fly(Self.scenario(requests), options)
        if trace == .full { unlink(path) }
        precondition(!result.hasViolations, "the client under measurement is broken")
    }

    private static func scenario(_ requests: UInt64) -> Scenario {
        var client = ClientSettings()
        client.rateLimitPerMinute = 0
        return Scenario(
            name: "Benchmark", seed: seed, duration: Int64(requests) * 1_000_000, client: client,
            loads: [
                Load(
                    name: "load1",
                    rate: .steady(.perSecond(1_000)),
                    arrivals: .poisson, path: "/v1/things", useCache: false)
            ],
            upstream: UpstreamConfiguration(
                latency: latency,
                routes: [
                    Route(path: try! PathPattern("/v1/**"), body: #"{"id":12345,"name":"thing"}"#)
                ],
                faults: [
                    Fault(
                        frequency: .probability(failures), effect: .status(StatusFault(status: 503))
                    )
                ]))
    }
}
