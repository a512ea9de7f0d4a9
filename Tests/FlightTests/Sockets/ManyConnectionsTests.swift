import APIClient
import CurlTransport
import HTTPTypes
import MockUpstream
import Synchronization
import Testing
import Upstream

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite(.timeLimit(.minutes(5))) struct ManyConnectionsTests {
    private static let count = 1_000

    @Test func aThousandSendsAtOnceHaveAConnectionEachAndAreAllAnswered() async throws {
        // Two descriptors per connection, plus those that the process has open otherwise.
        try allowDescriptors(rlim_t(2 * Self.count + 500))
        let source = LateSource()
        let server = try MockUpstreamServer(.init(), source: source)
        defer { server.stop() }
        let transport = try CurlTransport(
            CurlConfiguration(
                connectTimeout: .seconds(60), connectionsMax: Self.count,
                connectionsPerHostMax: Self.count))
        defer { transport.close() }
        let client = try APIClient(
            configuration: APIClient.Configuration(
                baseURL: "http://127.0.0.1:\(server.port)", requestTimeout: .seconds(60),
                totalTimeout: .seconds(60), retry: RetryPolicy(isEnabled: false),
                limiter: LimiterPolicy(sendsPerMinute: 0)),
            transport: transport)

        let answers = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<Self.count {
                group.addTask(executorPreference: transport.executor) {
                    try await client.get("/things/\(number)", useCache: false).statusCode
                }
            }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }

        #expect(answers == [200: Self.count])
        #expect(source.underWayMost == Self.count)
        #expect(server.connectionCount == Self.count)
        #expect(server.requestCount == Self.count)
        // All connections are still open, kept alive for the next request.
        #expect(server.openConnectionCount == Self.count)
    }

    private func allowDescriptors(_ wanted: rlim_t) throws {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        try #require(unsafe getrlimit(resource, &limit) == 0)
        guard limit.rlim_cur < wanted else { return }
        try #require(
            limit.rlim_max >= wanted,
            "a process may open \(limit.rlim_max) descriptors here and \(wanted) are needed: raise the hard limit"
        )
        limit.rlim_cur = limit.rlim_max
        try #require(unsafe setrlimit(resource, &limit) == 0)
    }
}

/// Answers after two seconds of real time, long after all requests have arrived, and counts the requests that
/// wait at the same time. Each of them has its own connection.
private final class LateSource: ExchangeSource {
    private let underWay = Mutex((now: 0, most: 0))

    var underWayMost: Int { underWay.withLock { $0.most } }

    func performance(of request: ServedRequest) -> Performance {
        underWay.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
        }
        let answer = Answer(
            status: 200, fields: [.contentType: "application/json"], body: Array("{}".utf8))
        return Performance(
            decision: Decision(ending: .answer(answer), delay: 2_000_000_000), pace: .real)
    }

    func ended(_ end: ExchangeEnd) { underWay.withLock { $0.now -= 1 } }
}
