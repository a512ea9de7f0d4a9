public import APIClient

/// The settings of a scenario's client: the parameters of REQ-01 section 7, with their names in
/// lower case in the file.
public struct ClientSettings: Sendable, Hashable {
    /// The time limit of one attempt. Milliseconds, 1 to 86 400 000; defaults to 5 000.
    public var requestTimeoutMS = 5_000
    /// The time limit of a whole request with all its attempts and waits. Milliseconds, 1 to
    /// 86 400 000; defaults to 30 000.
    public var totalTimeoutMS = 30_000
    /// The most retries after the first attempt. 0 to 100; defaults to 3.
    public var maxRetries = 3
    /// The most retries that may follow a 429. They count towards `maxRetries` too. 0 to 100;
    /// defaults to 1.
    public var rateLimitRetries = 1
    /// The upper bound of the delay before the first retry; it doubles with each further retry.
    /// Milliseconds, 1 to 86 400 000; defaults to 100.
    public var retryBaseDelayMS = 100
    /// The upper bound of every backoff delay. Milliseconds, at least `retryBaseDelayMS` and at
    /// most 86 400 000; defaults to 5 000.
    public var retryMaxDelayMS = 5_000
    /// How a backoff delay is randomised. Defaults to `full`.
    public var jitter = Jitter.full
    /// Whether POST and PATCH are retried even when the first attempt may have taken effect.
    /// Defaults to `false`, which retries them only if it is safe.
    public var retryUnsafeMethods = false
    /// The number of failures in the breaker's window below which it never opens. 1 to 1 000 000;
    /// defaults to 5.
    public var circuitBreakerThreshold = 5
    /// How long the breaker stays open before it lets a probe through. Seconds, 1 to 31 536 000;
    /// defaults to 30.
    public var circuitBreakerTimeoutS = 30
    /// The longest time for which a cached answer counts as fresh. Seconds, 1 to 31 536 000;
    /// defaults to 300.
    public var cacheTTLSeconds = 300
    /// How long after its expiry a cached answer may still be used when requests time out. Seconds,
    /// 0 to 31 536 000; defaults to 3 600.
    public var staleIfErrorS = 3_600
    /// The most answers that the cache keeps. 1 to 100 000 000; defaults to 10 000.
    public var cacheEntriesMax = 10_000
    /// The most sends in any 60 s. 0 to 600 000 000, where 0 means no limit; defaults to 100.
    public var rateLimitPerMinute = 100
    /// Whether the client has a circuit breaker. Defaults to `true`.
    public var enableCircuitBreaker = true
    /// Whether the client caches answers. Defaults to `true`.
    public var enableCaching = true
    /// Whether the client retries requests. Defaults to `true`.
    public var enableRetry = true

    /// Creates settings with the defaults of REQ-01.
    public init() {}

    /// Converts the settings to the client's own configuration.
    /// - Parameter baseURL: The upstream's address.
    /// - Returns: A configuration that has not been validated yet.
    public func configuration(baseURL: String) -> APIClient.Configuration {
        APIClient.Configuration(
            baseURL: baseURL,
            requestTimeout: .milliseconds(requestTimeoutMS),
            totalTimeout: .milliseconds(totalTimeoutMS),
            retry: RetryPolicy(
                isEnabled: enableRetry, retriesMax: maxRetries,
                rateLimitRetriesMax: rateLimitRetries,
                delayBase: .milliseconds(retryBaseDelayMS),
                delayMax: .milliseconds(retryMaxDelayMS),
                jitter: jitter, retriesUnsafeMethods: retryUnsafeMethods),
            breaker: BreakerPolicy(
                isEnabled: enableCircuitBreaker, failuresMin: circuitBreakerThreshold,
                openDuration: .seconds(circuitBreakerTimeoutS)),
            cache: CachePolicy(
                isEnabled: enableCaching, timeToLive: .seconds(cacheTTLSeconds),
                staleIfError: .seconds(staleIfErrorS), entriesMax: cacheEntriesMax),
            limiter: LimiterPolicy(sendsPerMinute: rateLimitPerMinute))
    }
}

/// The keys of `client:`, each with the setting that it writes. The decoder, the schema and the
/// canonical form all use these lists.
enum ClientKeys {
    typealias Setting<Value> = (
        key: Key<Value>, path: any WritableKeyPath<ClientSettings, Value> & Sendable
    )

    private static let dayMS = 86_400_000
    private static let yearS = 31_536_000

    static let integers: [Setting<Int>] = [
        (
            .init("request_timeout_ms", "Time limit of one attempt, in ms.", .integer(1...dayMS)),
            \.requestTimeoutMS
        ),
        (
            .init(
                "total_timeout_ms", "Time limit of a request with its retries, in ms.",
                .integer(1...dayMS)),
            \.totalTimeoutMS
        ),
        (.init("max_retries", "Retries after the first attempt.", .integer(0...100)), \.maxRetries),
        (
            .init(
                "rate_limit_retries", "The most retries that may follow a 429.", .integer(0...100)
            ),
            \.rateLimitRetries
        ),
        (
            .init(
                "retry_base_delay_ms", "The longest delay before the first retry, in ms.",
                .integer(1...dayMS)),
            \.retryBaseDelayMS
        ),
        (
            .init(
                "retry_max_delay_ms", "The longest delay before any retry, in ms.",
                .integer(1...dayMS)),
            \.retryMaxDelayMS
        ),
        (
            .init(
                "circuit_breaker_threshold",
                "The failures in the window below which the circuit stays closed.",
                .integer(1...1_000_000)),
            \.circuitBreakerThreshold
        ),
        (
            .init(
                "circuit_breaker_timeout_s", "How long the circuit stays open, in s.",
                .integer(1...yearS)),
            \.circuitBreakerTimeoutS
        ),
        (
            .init(
                "cache_ttl_seconds", "How long an answer counts as fresh, in s.",
                .integer(1...yearS)),
            \.cacheTTLSeconds
        ),
        (
            .init(
                "stale_if_error_s", "How long a stale answer may be used after a timeout, in s.",
                .integer(0...yearS)), \.staleIfErrorS
        ),
        (
            .init(
                "cache_entries_max", "The most answers that the cache keeps.",
                .integer(1...100_000_000)),
            \.cacheEntriesMax
        ),
        (
            .init(
                "rate_limit_per_minute", "The most sends in any 60 s. 0 means no limit.",
                .integer(0...600_000_000)), \.rateLimitPerMinute
        ),
    ]

    static let booleans: [Setting<Bool>] = [
        (
            .init("retry_unsafe_methods", "Whether POST and PATCH are always retried.", .boolean),
            \.retryUnsafeMethods
        ),
        (
            .init("enable_circuit_breaker", "Whether there is a circuit breaker.", .boolean),
            \.enableCircuitBreaker
        ),
        (.init("enable_caching", "Whether answers are cached.", .boolean), \.enableCaching),
        (.init("enable_retry", "Whether requests are retried.", .boolean), \.enableRetry),
    ]

    static let jitter = Key("jitter", "How backoff delays are randomised.", Form<Jitter>.choice)

    static let table = KeyTable(
        "client",
        integers.map { AnyKey($0.key) } + booleans.map { AnyKey($0.key) } + [AnyKey(jitter)])

    static let form = Form<ClientSettings>.mapping({ table }) { reader, findings in
        var settings = ClientSettings()
        for (key, path) in integers {
            if let value = reader.read(key, &findings) { settings[keyPath: path] = value }
        }
        for (key, path) in booleans {
            if let value = reader.read(key, &findings) { settings[keyPath: path] = value }
        }
        if let value = reader.read(jitter, &findings) { settings.jitter = value }
        if settings.retryMaxDelayMS < settings.retryBaseDelayMS {
            let names = reader.present(among: ["retry_max_delay_ms", "retry_base_delay_ms"])
            findings.report(
                "retry_max_delay_ms (\(settings.retryMaxDelayMS)) is below "
                    + "retry_base_delay_ms (\(settings.retryBaseDelayMS))",
                at: reader.place(of: names.first ?? ""))
        }
        return settings
    }

    static func json(_ settings: ClientSettings) -> JSON {
        .object(
            integers.map { .init($0.key.name, .integer(settings[keyPath: $0.path])) }
                + booleans.map { .init($0.key.name, .bool(settings[keyPath: $0.path])) }
                + [.init(jitter.name, .string(settings.jitter.rawValue))])
    }
}
