public import Logging
public import CoreMetrics
import HTTPTypes
import Synchronization

/// A client for one external API that keeps its head when the API does not.
///
/// Validates requests, adds credentials, limits its own rate, retries with backoff, opens a circuit
/// breaker, caches, and says in every error what happened. One client stands for one upstream: its
/// breaker, limiter and cache are about that upstream as a whole.
///
///     let client = try APIClient(
///         configuration: .init(baseURL: "https://api.example.com"), transport: transport,
///         credentials: StaticCredentials(.apiKey(Secret(key), identity: "billing")))
///     let user = try await client.get("/v1/users/7", as: User.self)
///
/// Safe to use from any number of tasks at once.
public final class APIClient: Sendable {
    /// How the client behaves.
    public let configuration: Configuration
    let baseURL: BaseURL
    let identity: UInt32
    let transport: any Transport
    let time: any TimeSource
    let wallClock: any WallClock
    let chance: any ChanceSource
    let credentials: any CredentialProvider
    let cacheStore: any CacheStore
    /// The same one, where it is in memory.
    let localCache: MemoryCacheStore?
    let breaker: (any BreakerStore)?
    /// The same one, where it is in memory.
    let localBreaker: LocalBreakerStore?
    /// Whether the credential never changes; ``fixedCredential`` is then what it is, or that there is
    /// none.
    let hasFixedCredential: Bool
    let fixedCredential: Credential?
    /// Whose it is; nil where it may change hands.
    let fixedIdentity: String?
    let limiter: SharedLimiter?
    let flights = SingleFlight()
    let telemetry: Telemetry
    // Once, not at each request: converting a Duration divides 128-bit numbers.
    let requestTimeout: Int64
    let totalTimeout: Int64
    let retryRules: RetryMachine.Rules
    private let requestCount = Atomic<UInt64>(0)

    /// A client on any clock, by default the machine's.
    ///
    /// - Parameters:
    ///   - configuration: how it behaves.
    ///   - transport: what sends.
    ///   - clock: what timeouts and waits are measured by.
    ///   - wallClock: what HTTP-dates are compared with.
    ///   - chance: where jitter and correlation ids come from.
    ///   - credentials: what requests show to be let in.
    ///   - cacheStore: nil: in memory, of this client alone.
    ///   - breakerStore: nil: in memory, of this client alone.
    ///   - logger: nil: nothing is logged. Its handler is the caller's; nothing is bootstrapped.
    ///   - metrics: nil: nothing is counted.
    ///   - secrets: texts that are taken out of every log line and error, whatever brought them
    ///     there. The credentials' own are known as soon as they are used.
    /// - Throws: ``APIError`` with `VALIDATION_ERROR` where the configuration is not valid.
    public convenience init(
        configuration: Configuration, transport: any Transport,
        clock: some Clock<Duration> = .continuous, wallClock: any WallClock = SystemWallClock(),
        chance: any ChanceSource = SystemChance(),
        credentials: any CredentialProvider = StaticCredentials(nil),
        cacheStore: (any CacheStore)? = nil, breakerStore: (any BreakerStore)? = nil,
        logger: Logger? = nil, metrics: (any MetricsFactory)? = nil, secrets: [Secret] = []
    ) throws(APIError) {
        let time: any TimeSource =
            if let usual = clock as? ContinuousClock {
                SystemTimeSource(usual)
            } else {
                ClockTimeSource(clock)
            }
        try self.init(
            configuration: configuration, transport: transport, time: time,
            wallClock: wallClock, chance: chance, credentials: credentials, cacheStore: cacheStore,
            breakerStore: breakerStore, logger: logger, metrics: metrics, secrets: secrets)
    }

    /// A client with every seam in the caller's hands.
    ///
    /// - Parameters:
    ///   - configuration: how it behaves.
    ///   - transport: what sends.
    ///   - time: where time is read and waited for.
    ///   - wallClock: what HTTP-dates are compared with.
    ///   - chance: where jitter and correlation ids come from.
    ///   - credentials: what requests show to be let in.
    ///   - cacheStore: nil: in memory, of this client alone.
    ///   - breakerStore: nil: in memory, of this client alone.
    ///   - logger: nil: nothing is logged. Its handler is the caller's; nothing is bootstrapped.
    ///   - metrics: nil: nothing is counted.
    ///   - secrets: texts that are taken out of every log line and error, whatever brought them
    ///     there. The credentials' own are known as soon as they are used.
    ///   - identity: the client's number, which keys its chance.
    /// - Throws: ``APIError`` with `VALIDATION_ERROR` where the configuration is not valid.
    public init(
        configuration: Configuration, transport: any Transport, time: any TimeSource,
        wallClock: any WallClock, chance: any ChanceSource,
        credentials: any CredentialProvider = StaticCredentials(nil),
        cacheStore: (any CacheStore)? = nil, breakerStore: (any BreakerStore)? = nil,
        logger: Logger? = nil, metrics: (any MetricsFactory)? = nil, secrets: [Secret] = [],
        identity: UInt32 = 0
    ) throws(APIError) {
        let issues = configuration.issues()
        guard issues.isEmpty, let baseURL = BaseURL(configuration.baseURL) else {
            let call = CallID(client: identity, request: 0)
            throw .validation(issues, origin: .client, correlationID: CorrelationID(call, chance))
        }
        self.configuration = configuration
        self.baseURL = baseURL
        self.identity = identity
        self.transport = transport
        self.time = time
        self.wallClock = wallClock
        self.chance = chance
        self.credentials = credentials
        requestTimeout = configuration.requestTimeout.nanoseconds
        totalTimeout = configuration.totalTimeout.nanoseconds
        retryRules = RetryMachine.Rules(configuration.retry)
        let store = cacheStore ?? MemoryCacheStore(entriesMax: configuration.cache.entriesMax)
        self.cacheStore = store
        localCache = store as? MemoryCacheStore
        let policy = configuration.breaker
        breaker =
            !policy.isEnabled
            ? nil
            : breakerStore
                ?? LocalBreakerStore(CircuitBreaker(policy: policy, probeTimeout: requestTimeout))
        localBreaker = breaker as? LocalBreakerStore
        let fixed = credentials as? StaticCredentials
        hasFixedCredential = fixed != nil
        fixedCredential = fixed?.presentCredential
        fixedIdentity = fixed?.identity
        let limit = configuration.limiter.sendsPerMinute
        limiter = limit > 0 ? SharedLimiter(SlidingLimiter(limit: limit), time) : nil
        telemetry = Telemetry(
            logger: logger, isVerbose: configuration.isVerbose,
            instruments: metrics.map { Instruments(factory: $0) },
            redactor: SharedRedactor(secrets: secrets + credentials.secrets))
    }

    func nextCallID() -> CallID {
        CallID(
            client: identity,
            request: requestCount.wrappingAdd(1, ordering: .relaxed).oldValue)
    }
}

// MARK: - Methods

extension APIClient {
    /// Executes a GET.
    /// - Throws: ``APIError``.
    public func get(
        _ endpoint: String, params: QueryParameters = [:], headers: RequestHeaders = [:],
        useCache: Bool = true
    ) async throws(APIError) -> APIResponse {
        try await execute(
            APIRequest(.get, endpoint, headers: headers, params: params, useCache: useCache))
    }

    /// Executes a GET and decodes its 2xx answer.
    /// - Throws: ``APIError``; `VALIDATION_ERROR` with the place in the body where it does not decode.
    public func get<Value: Decodable & Sendable>(
        _ endpoint: String, as type: Value.Type, params: QueryParameters = [:],
        headers: RequestHeaders = [:], useCache: Bool = true
    ) async throws(APIError) -> Value {
        try await get(endpoint, params: params, headers: headers, useCache: useCache).decoded()
    }

    /// Executes a POST. Retried only where it provably had no effect, or with an `Idempotency-Key`.
    /// - Throws: ``APIError``.
    public func post(
        _ endpoint: String, body: RequestBody?, headers: RequestHeaders = [:]
    ) async throws(APIError) -> APIResponse {
        try await execute(APIRequest(.post, endpoint, headers: headers, body: body))
    }

    /// Executes a PUT.
    /// - Throws: ``APIError``.
    public func put(
        _ endpoint: String, body: RequestBody?, headers: RequestHeaders = [:]
    ) async throws(APIError) -> APIResponse {
        try await execute(APIRequest(.put, endpoint, headers: headers, body: body))
    }

    /// Executes a DELETE.
    /// - Throws: ``APIError``.
    public func delete(
        _ endpoint: String, headers: RequestHeaders = [:]
    ) async throws(APIError) -> APIResponse {
        try await execute(APIRequest(.delete, endpoint, headers: headers))
    }

    /// Executes a PATCH. Retried only where it provably had no effect, or with an `Idempotency-Key`.
    /// - Throws: ``APIError``.
    public func patch(
        _ endpoint: String, body: RequestBody?, headers: RequestHeaders = [:]
    ) async throws(APIError) -> APIResponse {
        try await execute(APIRequest(.patch, endpoint, headers: headers, body: body))
    }
}
