public import Logging
public import CoreMetrics
import HTTPTypes
import Synchronization

/// A client for one external HTTP API, with the resilience policies of REQ-01.
///
/// It validates requests, adds credentials, limits its own request rate, retries with backoff,
/// opens a circuit breaker, caches answers, and reports every failure as an ``APIError``. One
/// client stands for one upstream: its breaker, limiter and cache treat that upstream as a whole.
///
///     let client = try APIClient(
///         configuration: .init(baseURL: "https://api.example.com"), transport: transport,
///         credentials: StaticCredentials(.apiKey(Secret(key), identity: "billing")))
///     let user = try await client.get("/v1/users/7", as: User.self)
///
/// A client can be used from any number of tasks at the same time.
public final class APIClient: Sendable {
    /// The settings that the client was made with. They cannot be changed afterwards.
    public let configuration: Configuration
    let baseURL: BaseURL
    let identity: UInt32
    let transport: any Transport
    let time: any TimeSource
    let wallClock: any WallClock
    let chance: any ChanceSource
    let credentials: any CredentialProvider
    let cacheStore: any CacheStore
    /// ``cacheStore`` when it is a ``MemoryCacheStore``; nil for any other store. It is called
    /// without suspending.
    let localCache: MemoryCacheStore?
    let breaker: (any BreakerStore)?
    /// ``breaker`` when it is a ``LocalBreakerStore``; nil for any other store. It is called
    /// without suspending.
    let localBreaker: LocalBreakerStore?
    /// Whether the provider is a ``StaticCredentials``. If so, ``fixedCredential`` holds its
    /// credential, or nil if it has none, and the provider is not asked again.
    let hasFixedCredential: Bool
    let fixedCredential: Credential?
    /// The identity of the static credentials; nil if another provider is used, whose identity may
    /// change.
    let fixedIdentity: String?
    let limiter: SharedLimiter?
    let flights = SingleFlight()
    let telemetry: Telemetry
    // The timeouts in nanoseconds, converted once: converting a `Duration` divides 128-bit numbers.
    let requestTimeout: Int64
    let totalTimeout: Int64
    let retryRules: RetryMachine.Rules
    private let requestCount = Atomic<UInt64>(0)

    /// Makes a client that measures time on any `Clock`, by default the machine's continuous clock.
    ///
    /// - Parameters:
    ///   - configuration: the timeouts and the policies.
    ///   - transport: sends the attempts.
    ///   - clock: measures timeouts and waits. Defaults to `.continuous`.
    ///   - wallClock: the time of day, which HTTP-dates are compared with. Defaults to the
    ///     machine's.
    ///   - chance: the source of jitter and correlation ids. Defaults to ``SystemChance``.
    ///   - credentials: supplies the credential of each send. Defaults to none.
    ///   - cacheStore: where answers are cached. nil (the default): in memory, for this client
    ///     alone.
    ///   - breakerStore: where the breaker's state is held. nil (the default): in memory, for this
    ///     client alone.
    ///   - logger: receives the log lines. nil (the default): nothing is logged. The client does
    ///     not bootstrap the logging system.
    ///   - metrics: receives the metrics. nil (the default): nothing is counted.
    ///   - secrets: texts that are redacted from every log line and error. The secrets of the
    ///     credentials need not be listed: they are added as soon as they are known.
    /// - Throws: ``APIError`` with code `VALIDATION_ERROR` if the configuration is not valid.
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

    /// Makes a client whose dependencies are all supplied by the caller, for instance for a
    /// simulation.
    ///
    /// - Parameters:
    ///   - configuration: the timeouts and the policies.
    ///   - transport: sends the attempts.
    ///   - time: reads the time and waits.
    ///   - wallClock: the time of day, which HTTP-dates are compared with.
    ///   - chance: the source of jitter and correlation ids.
    ///   - credentials: supplies the credential of each send. Defaults to none.
    ///   - cacheStore: where answers are cached. nil (the default): in memory, for this client
    ///     alone.
    ///   - breakerStore: where the breaker's state is held. nil (the default): in memory, for this
    ///     client alone.
    ///   - logger: receives the log lines. nil (the default): nothing is logged. The client does
    ///     not bootstrap the logging system.
    ///   - metrics: receives the metrics. nil (the default): nothing is counted.
    ///   - secrets: texts that are redacted from every log line and error. The secrets of the
    ///     credentials need not be listed: they are added as soon as they are known.
    ///   - identity: the client's number, which keys its random draws. Defaults to 0.
    /// - Throws: ``APIError`` with code `VALIDATION_ERROR` if the configuration is not valid.
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
    /// Sends a GET request and returns its answer, from the cache if a fresh entry matches.
    /// - Throws: ``APIError``.
    public func get(
        _ endpoint: String, params: QueryParameters = [:], headers: RequestHeaders = [:],
        useCache: Bool = true
    ) async throws(APIError) -> APIResponse {
        try await execute(
            APIRequest(.get, endpoint, headers: headers, params: params, useCache: useCache))
    }

    /// Sends a GET request and decodes the JSON body of its answer.
    /// - Throws: ``APIError``. The code is `VALIDATION_ERROR` if the status is not 2xx or the body
    ///   does not decode; the error then names the place in the body.
    public func get<Value: Decodable & Sendable>(
        _ endpoint: String, as type: Value.Type, params: QueryParameters = [:],
        headers: RequestHeaders = [:], useCache: Bool = true
    ) async throws(APIError) -> Value {
        try await get(endpoint, params: params, headers: headers, useCache: useCache).decoded()
    }

    /// Sends a POST request.
    ///
    /// It is retried only if the attempt provably never reached the upstream, if the request
    /// carries an `Idempotency-Key`, or if `retriesUnsafeMethods` is set.
    /// - Throws: ``APIError``.
    public func post(
        _ endpoint: String, body: RequestBody?, headers: RequestHeaders = [:]
    ) async throws(APIError) -> APIResponse {
        try await execute(APIRequest(.post, endpoint, headers: headers, body: body))
    }

    /// Sends a PUT request. PUT is idempotent, so it is retried like a GET.
    /// - Throws: ``APIError``.
    public func put(
        _ endpoint: String, body: RequestBody?, headers: RequestHeaders = [:]
    ) async throws(APIError) -> APIResponse {
        try await execute(APIRequest(.put, endpoint, headers: headers, body: body))
    }

    /// Sends a DELETE request. DELETE is idempotent, so it is retried like a GET.
    /// - Throws: ``APIError``.
    public func delete(
        _ endpoint: String, headers: RequestHeaders = [:]
    ) async throws(APIError) -> APIResponse {
        try await execute(APIRequest(.delete, endpoint, headers: headers))
    }

    /// Sends a PATCH request.
    ///
    /// It is retried only if the attempt provably never reached the upstream, if the request
    /// carries an `Idempotency-Key`, or if `retriesUnsafeMethods` is set.
    /// - Throws: ``APIError``.
    public func patch(
        _ endpoint: String, body: RequestBody?, headers: RequestHeaders = [:]
    ) async throws(APIError) -> APIResponse {
        try await execute(APIRequest(.patch, endpoint, headers: headers, body: body))
    }
}
