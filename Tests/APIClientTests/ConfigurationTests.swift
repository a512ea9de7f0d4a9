import APIClient
import HTTPTypes
import SimulatedClient
import Simulation
import Synchronization
import Testing
import WindtunnelTesting

@Suite("Making a client") struct ConfigurationTests {
    @discardableResult
    private static func make(_ configuration: APIClient.Configuration) throws -> APIClient {
        let simulation = Simulation()
        return try APIClient(
            configuration: configuration,
            transport: ScriptedTransport(time: SimulatedTime(simulation), []), in: simulation)
    }

    @Test(arguments: [
        "https://api.example.com", "http://localhost", "HTTPS://Api.Example.com/",
        "https://api.example.com:8443/base/path", "http://127.0.0.1:0", "http://[::1]:8080/x",
        "http://[::ffff:1.2.3.4]", "https://api.example.com/~user/a%20b",
    ])
    func `takes a base URL that is one`(url: String) throws {
        #expect(throws: Never.self) { try Self.make(.init(baseURL: url)) }
    }

    @Test(arguments: [
        "", "api.example.com", "//api.example.com", "ftp://api.example.com", "https://",
        "https:///path", "https:api.example.com", "https://user:pass@api.example.com",
        "https://api.example.com?x=1", "https://api.example.com#top", "https://api example.com",
        "https://api.example.com/a\nb", "https://\u{e9}.example.com", "https://:443",
        "https://api.example.com:", "https://api.example.com:99999", "https://api.example.com:+1",
        "https://api.example.com:8a", "https://a:1:2", "https://[::1", "https://::1", "https://[]",
        "https://[::1]x", "https://[zz]", "https://a]b",
    ])
    func `refuses a base URL that is none, and does not repeat it`(url: String) throws {
        let error = #expect(throws: APIError.self) { try Self.make(.init(baseURL: url)) }
        #expect(error?.code == .validationError)
        #expect(error?.origin == .client)
        #expect(error?.fields.map(\.field) == ["API_BASE_URL"])
        #expect(error?.description.contains("pass") == false)
    }

    struct Setting: Sendable, CustomTestStringConvertible {
        var field: String
        var change: @Sendable (inout APIClient.Configuration) -> Void
        var testDescription: String { field }
    }

    static let settings: [Setting] = [
        Setting(field: "REQUEST_TIMEOUT_MS") { $0.requestTimeout = .zero },
        Setting(field: "REQUEST_TIMEOUT_MS") { $0.requestTimeout = .nanoseconds(1) / 2 },
        Setting(field: "TOTAL_TIMEOUT_MS") { $0.totalTimeout = .seconds(-1) },
        Setting(field: "MAX_RETRIES") { $0.retry.retriesMax = -1 },
        Setting(field: "RATE_LIMIT_RETRIES") { $0.retry.rateLimitRetriesMax = -1 },
        Setting(field: "RETRY_BASE_DELAY_MS") { $0.retry.delayBase = .zero },
        Setting(field: "RETRY_MAX_DELAY_MS") { $0.retry.delayMax = .milliseconds(1) },
        Setting(field: "CIRCUIT_BREAKER_THRESHOLD") { $0.breaker.failuresMin = 0 },
        Setting(field: "CIRCUIT_BREAKER_TIMEOUT_S") { $0.breaker.openDuration = .zero },
        Setting(field: "CACHE_TTL_SECONDS") { $0.cache.timeToLive = .zero },
        Setting(field: "STALE_IF_ERROR_S") { $0.cache.staleIfError = .seconds(-1) },
        Setting(field: "CACHE_ENTRIES_MAX") { $0.cache.entriesMax = 0 },
        Setting(field: "RATE_LIMIT_PER_MINUTE") { $0.limiter.sendsPerMinute = -1 },
    ]

    @Test(arguments: settings)
    func `refuses settings out of their range instead of trapping`(setting: Setting) throws {
        var configuration = APIClient.Configuration(baseURL: "https://api.example.com")
        setting.change(&configuration)
        let error = #expect(throws: APIError.self) { try Self.make(configuration) }
        #expect(error?.code == .validationError)
        #expect(error?.fields.map(\.field) == [setting.field])
    }

    @Test func `names all that is wrong at once`() throws {
        var configuration = APIClient.Configuration(baseURL: "nope")
        configuration.requestTimeout = .zero
        configuration.cache.entriesMax = 0
        let error = #expect(throws: APIError.self) { try Self.make(configuration) }
        #expect(
            error?.fields.map(\.field)
                == ["API_BASE_URL", "REQUEST_TIMEOUT_MS", "CACHE_ENTRIES_MAX"])
    }

    @Test(arguments: [Duration.seconds(Int64.max), .nanoseconds(Int64.max)])
    func `time limits without end do not overflow`(limit: Duration) throws {
        let rig = try Rig([.status(503)]) {
            $0.requestTimeout = limit
            $0.totalTimeout = limit
            $0.cache.timeToLive = limit
            $0.cache.staleIfError = limit
            $0.breaker.openDuration = limit
            $0.retry.delayMax = limit
        }
        try rig.run { rig async throws in
            await rig.sleep(for: second)
            #expect(try await rig.client.get("/a").statusCode == 200)
            #expect(try await rig.client.get("/a").cached)
        }
    }
}

@Suite("A client on any clock") struct ClockTests {
    /// A clock from another library, which knows nothing about simulations.
    private struct PlainClock: Clock {
        typealias Instant = SimulationClock.Instant
        let inner: SimulationClock
        var now: Instant { inner.now }
        var minimumResolution: Duration { .milliseconds(1) }
        func sleep(until deadline: Instant, tolerance: Duration?) async throws {
            try await inner.sleep(until: deadline, tolerance: tolerance)
        }
    }

    @Test func `retries, times out, opens its breaker, limits itself and caches by it`() throws {
        let simulation = Simulation()
        let clock = PlainClock(inner: simulation.clock)
        let (transport, ends, instant) = try simulation.run {
            // Made late: its origin is not the clock's.
            try await clock.sleep(for: .seconds(1_000))
            let transport = ScriptedTransport(
                time: ClockTimeSource(clock),
                [.status(503, fields: [.retryAfter: "7"]), .status(200), .hang, .hang],
                last: .status(500))
            let client = try APIClient(
                configuration: .init(
                    baseURL: "https://api.example.com", retry: RetryPolicy(retriesMax: 1),
                    limiter: LimiterPolicy(sendsPerMinute: 10)),
                transport: transport, clock: clock)
            var ends: [String] = []
            for path in ["/a", "/a", "/b", "/c", "/d"] {
                do throws(APIError) {
                    ends.append(try await client.get(path).cached ? "cached" : "fresh")
                } catch { ends.append(error.code.description) }
            }
            return (transport, ends, clock.now.nanoseconds)
        }
        #expect(
            ends == ["fresh", "cached", "API_TIMEOUT", "SERVER_ERROR", "CIRCUIT_BREAKER_OPEN"])
        let sends = transport.attempts.map(\.instant)
        #expect(sends.count == 6)
        // Full jitter may only lengthen the wait that was asked for.
        #expect(sends[1] >= 7 * second && sends[1] <= 7 * second + 100 * millisecond)
        #expect(sends[3] - sends[2] >= 5 * second)
        #expect(instant >= 1_017 * second && instant < 1_018 * second)
    }

    @Test func `shares one flight by it, and a follower's deadline is its own`() throws {
        let simulation = Simulation()
        let clock = PlainClock(inner: simulation.clock)
        let transport = ScriptedTransport(
            time: ClockTimeSource(clock), [], last: .status(200, after: .seconds(3)))
        let client = try APIClient(
            configuration: .init(baseURL: "https://api.example.com", totalTimeout: .seconds(4)),
            transport: transport, clock: clock)
        let cached = try simulation.run {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<20 { group.addTask { try await client.get("/a").cached } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(cached.filter { $0 }.count == 19)
        #expect(transport.attempts.count == 1)
    }

    @Test func `the machine's chance gives every request an id of its own`() throws {
        let simulation = Simulation()
        let transport = ScriptedTransport(time: SimulatedTime(simulation), [], last: .status(200))
        let client = try APIClient(
            configuration: .init(
                baseURL: "https://api.example.com", limiter: LimiterPolicy(sendsPerMinute: 0)),
            transport: transport, clock: simulation.clock)
        try simulation.run { for _ in 0..<100 { _ = try await client.delete("/a") } }
        let ids = transport.attempts.compactMap { $0.headerFields[.requestID] }
        #expect(Set(ids).count == 100)
    }

    @Test func `the machine's clock and time of day are the defaults, and run forward`()
        async throws
    {
        // No wait: the answer is there at once.
        let transport = ScriptedTransport(
            time: ClockTimeSource(ContinuousClock()), [], last: .status(200))
        let client = try APIClient(
            configuration: .init(baseURL: "https://api.example.com"), transport: transport)
        let response = try await client.get("/a")
        #expect(response.statusCode == 200)
        #expect(response.responseTime >= .zero)
        // After 2025, before 2262.
        #expect(SystemWallClock().now > 1_735_689_600 * second)
    }
}
