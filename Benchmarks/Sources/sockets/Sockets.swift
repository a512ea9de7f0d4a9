import APIClient
import ArgumentParser
import CSockets
import CurlTransport
import HTTPTypes

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Compares the client over real sockets with a plain C program on libcurl's multi interface. Both
/// talk to a plain C server in a process of its own.
@main
struct Sockets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "sockets")

    @Option(help: "Requests a run.") var requests: UInt32 = 60_000
    @Option(help: "Requests at a time.") var inFlight: UInt32 = 32
    @Option(help: "Pairs; the median is of these.") var pairs = 7

    @Option(help: "Run one side once, for a profiler: plain or client.") var side: String?

    func run() async throws {
        let server = try Server()
        switch side {
        case "plain": _ = try plain(server.port, requests, inFlight)
        case "client": _ = try await client(server.port, requests, true)
        default: try await compare(server)
        }
    }

    private func compare(_ server: Server) async throws {
        try await throughput(server.port)
        try await oneAtATime(server.port)
    }

    private func throughput(_ port: UInt16) async throws {
        _ = try plain(port, requests / 10, inFlight)
        print(
            "\(inFlight) in flight    requests/s     plain C/s   ratio (median; lowest to highest)   of processor time"
        )
        for onOwnThread in [true, false] {
            var ratios: [Double] = []
            var processor: [Double] = []
            var rates: [Double] = []
            var floors: [Double] = []
            for pair in 0..<pairs {
                // The order alternates, so that a drift of the machine's speed affects both alike.
                var (floor, plainUse) = (0.0, 0.0)
                if pair % 2 == 0 { (floor, plainUse) = try plain(port, requests, inFlight) }
                let before = processorTime
                let own = try await client(port, requests, onOwnThread).total
                let use = processorTime - before
                if pair % 2 == 1 { (floor, plainUse) = try plain(port, requests, inFlight) }
                ratios.append(floor / own)
                processor.append(plainUse / use)
                rates.append(Double(requests) / own)
                floors.append(Double(requests) / floor)
            }
            let name = onOwnThread ? "own thread" : "global pool"
            print(
                "\(name)\t\(Int(median(rates)))\t\(Int(median(floors)))\t\(fixed(median(ratios)))  "
                    + "(\(fixed(ratios.min() ?? 0)) to \(fixed(ratios.max() ?? 0)))\t\(fixed(median(processor)))"
            )
        }
    }

    private func oneAtATime(_ port: UInt16) async throws {
        print("\none at a time   p50, us   plain C p50, us   added, us (median; lowest to highest)")
        let count = requests / 10
        for onOwnThread in [true, false] {
            var added: [Double] = []
            var own: [Double] = []
            var floors: [Double] = []
            for _ in 0..<pairs {
                var times = [Int64](repeating: 0, count: Int(count))
                guard plain_curl(port, count, 1, &times) > 0 else { throw Failure() }
                let floor = median(times.map { Double($0) / 1_000 })
                let times2 = try await client(port, count, onOwnThread, tasks: 1).each
                let client = median(times2.map { $0 / 1_000 })
                added.append(client - floor)
                own.append(client)
                floors.append(floor)
            }
            let name = onOwnThread ? "own thread" : "global pool"
            print(
                "\(name)\t\(fixed(median(own)))\t\(fixed(median(floors)))\t\(fixed(median(added)))  "
                    + "(\(fixed(added.min() ?? 0)) to \(fixed(added.max() ?? 0)))")
        }
    }

    /// Runs the C program. The result is the wall time and the processor time, in seconds.
    private func plain(
        _ port: UInt16, _ requests: UInt32, _ inFlight: UInt32
    ) throws -> (Double, Double) {
        let before = processorTime
        let took = plain_curl(port, requests, inFlight, nil)
        guard took > 0 else { throw Failure() }
        return (Double(took) * 1e-9, processorTime - before)
    }

    /// The processor time of this process in seconds. Other load on the machine hardly changes it.
    private var processorTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Runs the client. The result is the total wall time in seconds and, for a single task, the
    /// time of each request in nanoseconds.
    private func client(
        _ port: UInt16, _ requests: UInt32, _ onOwnThread: Bool, tasks: UInt32? = nil
    ) async throws -> (total: Double, each: [Double]) {
        let transport = try CurlTransport()
        defer { transport.close() }
        let client = try APIClient(
            configuration: APIClient.Configuration(
                baseURL: "http://127.0.0.1:\(port)", limiter: LimiterPolicy(sendsPerMinute: 0)),
            transport: transport)
        let tasks = tasks ?? inFlight
        let request = APIRequest(.get, "/v1/things/7", useCache: false)
        let start = ContinuousClock.now
        let each = try await withThrowingTaskGroup(of: [Double].self) { group in
            for task in 0..<tasks {
                let share = requests / tasks + (task < requests % tasks ? 1 : 0)
                group.addTask(executorPreference: onOwnThread ? transport.executor : nil) {
                    var times: [Double] = []
                    for _ in 0..<share {
                        // With a single task every request is timed. With several, timing would
                        // cost too much.
                        let start = tasks == 1 ? ContinuousClock.now : nil
                        let answer = try await client.execute(request)
                        if answer.statusCode != 200 { throw Failure() }
                        if let start { times.append(start.duration(to: .now) / .nanoseconds(1)) }
                    }
                    return times
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return (start.duration(to: .now) / .seconds(1), each)
    }

    private struct Failure: Error {}

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    private func fixed(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let sign = hundredths < 0 ? "-" : ""
        let rest = hundredths.magnitude % 100
        return "\(sign)\(hundredths.magnitude / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
