import KeyedChance
import Flight
import ScenarioFile
import Upstream

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The same traffic, handled by larger and larger parts of the product: 1 000 requests a second
/// (Poisson), lognormal latency with median 50 ms and sigma 0.5, and 2 % of attempts answered with
/// 503 and retried.
enum Workload: String, CaseIterable {
    /// One task per request on the simulation's executor, which only sleeps. There is no client.
    case floor
    /// Like `floor`, in a simulation that adopts its tasks, as a flight's simulation does. It
    /// separates the gain from adoption from the cost of the client.
    case adopted
    /// The whole client, the upstream model, figures and invariants, but no events.
    case untraced
    /// Like `untraced`, with every event written, hashed and discarded.
    case digest
    /// Like `digest`, with the trace compressed on another thread and stored in a file.
    case traced
    /// Like `untraced`, with every exchange over real sockets.
    case wire

    /// The p99 is the median times exp(0.5 * 2.3263).
    static let latency = Distribution.lognormal(median: 50_000_000, p99: 160_005_000)
    static let failures = Ratio(2, of: 100)
    static let seed: UInt64 = 42

    /// Makes about `requests` requests. The exact number is random, because the arrivals are.
    /// - Returns: The wall time that it took, in seconds.
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
