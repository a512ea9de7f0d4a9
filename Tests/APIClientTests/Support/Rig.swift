import APIClient
import InMemoryLogging
import Logging
import MetricsTestKit
import SimulatedClient
import Simulation
import Synchronization
import WindtunnelTesting

let second: Int64 = 1_000_000_000
let millisecond: Int64 = 1_000_000

/// A client in a simulation with a scripted transport. Its logs, metrics and events are kept.
final class Rig: Sendable {
    let simulation: Simulation
    let transport: ScriptedTransport
    let client: APIClient
    let logs: InMemoryLogHandler
    let metrics = TestMetrics()

    /// The limiter is off unless `configure` turns it on.
    init(
        seed: UInt64 = 42, credentials: any CredentialProvider = StaticCredentials(nil),
        cacheStore: (any CacheStore)? = nil, secrets: [Secret] = [],
        configure: (inout APIClient.Configuration) -> Void = { _ in },
        in simulation: Simulation = Simulation(),
        reply: @escaping @Sendable (TransportRequest, Int) -> ScriptedReply
    ) throws {
        self.simulation = simulation
        transport = ScriptedTransport(time: SimulatedTime(simulation), reply: reply)
        var configuration = APIClient.Configuration(
            baseURL: "https://api.example.com", limiter: LimiterPolicy(sendsPerMinute: 0))
        configure(&configuration)
        let logs = InMemoryLogHandler()
        self.logs = logs
        client = try APIClient(
            configuration: configuration, transport: transport, in: simulation, seed: seed,
            credentials: credentials, cacheStore: cacheStore,
            logger: Logger(label: "client", factory: { _ in logs }), metrics: metrics,
            secrets: secrets)
    }

    convenience init(
        _ script: [ScriptedReply], last: ScriptedReply = .status(200, body: "{}"),
        seed: UInt64 = 42, credentials: any CredentialProvider = StaticCredentials(nil),
        cacheStore: (any CacheStore)? = nil, secrets: [Secret] = [],
        configure: (inout APIClient.Configuration) -> Void = { _ in }
    ) throws {
        try self.init(
            seed: seed, credentials: credentials, cacheStore: cacheStore, secrets: secrets,
            configure: configure
        ) { _, index in index < script.count ? script[index] : last }
    }

    func run<Success: Sendable>(
        _ body: @escaping @Sendable (Rig) async throws -> Success
    ) throws -> Success {
        try simulation.run { try await body(self) }
    }

    /// Nanoseconds of virtual time.
    var now: Int64 { simulation.clock.now.nanoseconds }
    /// The instants of all sends.
    var sends: [Int64] { transport.attempts.map(\.instant) }

    /// What has been logged, in order.
    var lines: [Line] {
        logs.entries.map { entry in
            Line(
                level: entry.level.rawValue, text: entry.message.description,
                metadata: entry.metadata.mapValues(\.description))
        }
    }

    struct Line: Hashable {
        var level: String
        var text: String
        var metadata: [String: String]
    }

    func sleep(until instant: Int64) async {
        await simulation.clock.sleepUninterrupted(EventKey(instant, .arrival))
    }

    func sleep(for nanoseconds: Int64) async { await sleep(until: now + nanoseconds) }

    /// Runs one request to its end.
    func end(
        _ request: APIRequest, observer: (any RequestObserver)? = nil
    ) async -> Result<APIResponse, APIError> {
        do throws(APIError) {
            return .success(try await client.execute(request, observer: observer))
        } catch {
            return .failure(error)
        }
    }

    /// Runs requests that are all made at once. The results are in the order of the requests.
    func ends(of requests: [APIRequest]) async -> [Result<APIResponse, APIError>] {
        await withTaskGroup(of: (Int, Result<APIResponse, APIError>).self) { group in
            for (index, request) in requests.enumerated() {
                group.addTask { (index, await self.end(request)) }
            }
            var ends: [(Int, Result<APIResponse, APIError>)] = []
            for await end in group { ends.append(end) }
            return ends.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// Runs one request whose task is cancelled after a while.
    func end(
        _ request: APIRequest, cancelledAfter nanoseconds: Int64
    ) async -> Result<APIResponse, APIError> {
        await withTaskGroup(of: Result<APIResponse, APIError>.self) { group in
            if nanoseconds == 0 { group.cancelAll() }
            group.addTask { await self.end(request) }
            if nanoseconds > 0 {
                await sleep(for: nanoseconds)
                group.cancelAll()
            }
            return await group.next()!
        }
    }
}

extension Result where Success == APIResponse, Failure == APIError {
    var error: APIError? { if case .failure(let error) = self { error } else { nil } }
    var response: APIResponse? { if case .success(let response) = self { response } else { nil } }
}

/// Records every event of a request with its instant.
final class Witness: RequestObserver {
    let call: CallID
    private let kept = Mutex<[(Int64, ClientEvent)]>([])

    init(_ request: UInt64 = 0) { call = CallID(request: request) }

    func observe(_ event: ClientEvent, at now: Int64) { kept.withLock { $0.append((now, event)) } }

    var events: [(instant: Int64, event: ClientEvent)] { kept.withLock { $0 } }

    var waits: [(start: Int64, wait: ClientWait)] {
        events.compactMap {
            if case .waiting(let wait) = $0.event { ($0.instant, wait) } else { nil }
        }
    }

    var verdicts: [CircuitBreaker.Verdict] {
        events.compactMap {
            if case .attemptEnded(_, _, let verdict) = $0.event { verdict } else { nil }
        }
    }
}

/// Records the order of events.
final class Order: Sendable {
    private let numbers = Mutex<[UInt64]>([])

    func note(_ number: UInt64) { numbers.withLock { $0.append(number) } }

    var all: [UInt64] { numbers.withLock { $0 } }
}
