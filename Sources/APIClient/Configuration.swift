extension APIClient {
    /// How a client behaves. The defaults are those of REQ-01 section 7.
    public struct Configuration: Sendable, Hashable {
        /// Scheme, authority and an optional path prefix, such as `https://api.example.com/base`.
        public var baseURL: String
        /// The time limit of one attempt. Above zero; defaults to 5 s.
        public var requestTimeout: Duration
        /// The time limit of a whole request, waits included. Above zero; defaults to 30 s.
        public var totalTimeout: Duration
        /// How often, and how far apart, a request is tried again.
        public var retry: RetryPolicy
        /// When to stop sending to an upstream that fails.
        public var breaker: BreakerPolicy
        /// Which answers are kept, and for how long.
        public var cache: CachePolicy
        /// How many sends the client allows itself.
        public var limiter: LimiterPolicy
        /// DEBUG_MODE: whether every step of a request is logged, at level debug, also where the
        /// logger's own level is above it. Defaults to `false`.
        public var isVerbose: Bool

        /// The defaults of REQ-01 section 7, unless told otherwise.
        public init(
            baseURL: String,
            requestTimeout: Duration = .seconds(5),
            totalTimeout: Duration = .seconds(30),
            retry: RetryPolicy = RetryPolicy(),
            breaker: BreakerPolicy = BreakerPolicy(),
            cache: CachePolicy = CachePolicy(),
            limiter: LimiterPolicy = LimiterPolicy(),
            isVerbose: Bool = false
        ) {
            precondition(requestTimeout > .zero, "requestTimeout is above zero")
            precondition(totalTimeout > .zero, "totalTimeout is above zero")
            self.baseURL = baseURL
            self.requestTimeout = requestTimeout
            self.totalTimeout = totalTimeout
            self.retry = retry
            self.breaker = breaker
            self.cache = cache
            self.limiter = limiter
            self.isVerbose = isVerbose
        }
    }
}

/// How often, and how far apart, a request is tried again.
public struct RetryPolicy: Sendable, Hashable {
    /// ENABLE_RETRY. Defaults to `true`.
    public var isEnabled: Bool
    /// Retries after the first attempt, 0 or more. Defaults to 3.
    public var retriesMax: Int
    /// How many of the retries may follow a 429, 0 or more. Defaults to 1.
    public var rateLimitRetriesMax: Int
    /// The first retry's longest delay; each further one doubles it. Above zero; defaults to 100 ms.
    public var delayBase: Duration
    /// What no delay ever exceeds. At least `delayBase`; defaults to 5 s.
    public var delayMax: Duration
    /// Defaults to `.full`.
    public var jitter: Jitter
    /// Whether POST and PATCH are retried although the request may have reached the upstream and
    /// carries no `Idempotency-Key`. Defaults to `false`.
    public var retriesUnsafeMethods: Bool

    /// The defaults, unless told otherwise.
    public init(
        isEnabled: Bool = true, retriesMax: Int = 3, rateLimitRetriesMax: Int = 1,
        delayBase: Duration = .milliseconds(100), delayMax: Duration = .seconds(5),
        jitter: Jitter = .full, retriesUnsafeMethods: Bool = false
    ) {
        precondition(
            retriesMax >= 0 && rateLimitRetriesMax >= 0, "a number of retries is 0 or more")
        precondition(delayBase > .zero && delayMax >= delayBase, "0 < delayBase <= delayMax")
        self.isEnabled = isEnabled
        self.retriesMax = retriesMax
        self.rateLimitRetriesMax = rateLimitRetriesMax
        self.delayBase = delayBase
        self.delayMax = delayMax
        self.jitter = jitter
        self.retriesUnsafeMethods = retriesUnsafeMethods
    }
}

/// How chance spreads a backoff; `d` is the delay before jitter, doubled and capped.
///
/// The names are those of Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
public enum Jitter: String, Sendable, Hashable, CaseIterable {
    /// Exactly `d`.
    case none
    /// From 0 to `d`.
    case full
    /// From `d / 2` to `d`.
    case equal
    /// From the base to three times the delay before, capped.
    case decorrelated
}

/// When a client stops sending to an upstream that fails, and when it tries again.
public struct BreakerPolicy: Sendable, Hashable {
    /// ENABLE_CIRCUIT_BREAKER. Defaults to `true`.
    public var isEnabled: Bool
    /// Failures in the window below which the breaker never opens. At least 1; defaults to 5.
    public var failuresMin: Int
    /// How long it stays open before it lets a probe through. Above zero; defaults to 30 s.
    public var openDuration: Duration

    /// The defaults, unless told otherwise.
    public init(isEnabled: Bool = true, failuresMin: Int = 5, openDuration: Duration = .seconds(30))
    {
        precondition(failuresMin >= 1, "failuresMin is at least 1")
        precondition(openDuration > .zero, "openDuration is above zero")
        self.isEnabled = isEnabled
        self.failuresMin = failuresMin
        self.openDuration = openDuration
    }
}

/// Which answers are kept, and for how long.
public struct CachePolicy: Sendable, Hashable {
    /// ENABLE_CACHING. Defaults to `true`.
    public var isEnabled: Bool
    /// The longest time that an answer counts as fresh. Above zero; defaults to 300 s.
    public var timeToLive: Duration
    /// How long after it went stale an entry may still answer after a timeout. Defaults to 1 h.
    public var staleIfError: Duration
    /// Entries kept at the most, the oldest given up first. At least 1; defaults to 10 000.
    public var entriesMax: Int

    /// The defaults, unless told otherwise.
    public init(
        isEnabled: Bool = true, timeToLive: Duration = .seconds(300),
        staleIfError: Duration = .seconds(3600), entriesMax: Int = 10_000
    ) {
        precondition(timeToLive > .zero && staleIfError >= .zero, "a time to live is above zero")
        precondition(entriesMax >= 1, "entriesMax is at least 1")
        self.isEnabled = isEnabled
        self.timeToLive = timeToLive
        self.staleIfError = staleIfError
        self.entriesMax = entriesMax
    }
}

/// How many sends the client allows itself.
public struct LimiterPolicy: Sendable, Hashable {
    /// Sends in any 60 s at the most; 0 is no limit. Defaults to 100.
    public var sendsPerMinute: Int

    /// The default, unless told otherwise.
    public init(sendsPerMinute: Int = 100) {
        precondition(sendsPerMinute >= 0, "sendsPerMinute is 0 or more")
        self.sendsPerMinute = sendsPerMinute
    }
}
