import APIClient
import ArgumentParser
import CurlTransport
import HTTPTypes
import MockUpstream
import Synchronization
import Upstream

/// Sends many requests through the client to a server in the same process over real sockets, and
/// fails if memory or descriptors grow. One request in 25 meets a fault.
@main
struct Soak: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "soak")

    @Option(help: "Requests, 1 000 or more.") var requests = 1_000_000
    @Option(help: "Requests at a time.") var inFlight = 32
    @Option(help: "Mebibytes by which memory may grow between 25 % and 100 %.") var memoryMargin = 4

    func validate() throws {
        guard requests >= 1_000, inFlight >= 1, memoryMargin >= 0 else {
            throw ValidationError("--requests is 1000 or more, --in-flight 1 or more.")
        }
    }

    func run() async throws {
        let server = try MockUpstreamServer(.init(), source: Model())
        defer { server.stop() }
        let transport = try CurlTransport()
        defer { transport.close() }
        let client = try APIClient(
            configuration: APIClient.Configuration(
                baseURL: "http://127.0.0.1:\(server.port)",
                retry: RetryPolicy(
                    retriesMax: 1, delayBase: .milliseconds(1), delayMax: .milliseconds(1)),
                // The cache is full long before the first measurement, so later entries only
                // replace others.
                cache: CachePolicy(entriesMax: 100), limiter: LimiterPolicy(sendsPerMinute: 0)),
            transport: transport)
        print("requests   resident, KiB   descriptors   seconds")
        let began = ContinuousClock.now
        var (done, early, last) = (0, Holdings(), Holdings())
        for percent in [10, 25, 50, 100] {
            let end = requests / 100 * percent
            try await send(done..<end, by: client, on: transport.executor)
            done = end
            last = try Holdings.now
            if percent == 25 { early = last }
            let seconds = Int(began.duration(to: .now) / .seconds(1))
            print("\(end)\t\(last.memory >> 10)\t\(last.descriptors)\t\(seconds)")
        }
        print(
            "connections \(server.connectionCount), seen by the upstream \(server.requestCount)")
        try judge(early, last)
    }

    private func judge(_ early: Holdings, _ last: Holdings) throws {
        // A kept-alive connection has two descriptors in this process, one at each end. The last
        // faults before a measurement decide how many of the connections are still open.
        let descriptorMargin = 2 * inFlight
        let (memory, descriptors) = (
            last.memory - early.memory, last.descriptors - early.descriptors
        )
        print(
            "from 25 % to 100 %: \(memory >> 10) KiB (at most \(memoryMargin << 10)), "
                + "\(descriptors) descriptors (at most \(descriptorMargin))")
        if memory > memoryMargin << 20 || descriptors > descriptorMargin {
            print("grown")
            throw ExitCode(4)
        }
    }

    private func send(
        _ numbers: Range<Int>, by client: APIClient, on executor: any TaskExecutor
    ) async throws {
        let numbering = Numbering(from: numbers.lowerBound)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<inFlight {
                group.addTask(executorPreference: executor) {
                    while true {
                        let number = numbering.next()
                        guard number < numbers.upperBound else { return }
                        try await Errand(number: number).run(by: client)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

/// Hands out increasing numbers. Each number is given to one caller only.
private final class Numbering: Sendable {
    private let number: Atomic<Int>

    init(from first: Int) { number = Atomic(first) }

    func next() -> Int { number.wrappingAdd(1, ordering: .relaxed).oldValue }
}
