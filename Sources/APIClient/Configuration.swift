extension APIClient {
    /// The settings of a client. The defaults are those of REQ-01 section 7.
    public struct Configuration: Sendable, Hashable {
        /// The scheme, the authority and an optional path prefix, such as
        /// `https://api.example.com/base`.
        public var baseURL: String
        /// The time limit of one attempt, above zero. Defaults to 5 s. The attempt that exceeds it
        /// counts as a failure and may be retried.
        public var requestTimeout: Duration
        /// The time limit of a whole request, waits and retries included, above zero. Defaults to
        /// 30 s. No attempt or wait goes beyond it; the request ends with the error of its last
        /// attempt, or with `API_TIMEOUT` if there was none.
        public var totalTimeout: Duration
        /// The number of retries and the delays between them.
        public var retry: RetryPolicy
        /// When the client stops sending to a failing upstream.
        public var breaker: BreakerPolicy
        /// Which answers are cached, and for how long.
        public var cache: CachePolicy
        /// The limit on the client's own sends.
        public var limiter: LimiterPolicy
        /// DEBUG_MODE: whether every step of a request is logged at level debug, even if the
        /// logger's own level is above it. Defaults to `false`.
        public var isVerbose: Bool

        /// Makes settings; every parameter except `baseURL` has the default of REQ-01 section 7.
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

/// The number of retries of a request, and the delays between them.
public struct RetryPolicy: Sendable, Hashable {
    /// ENABLE_RETRY: whether failed attempts are retried. Defaults to `true`.
    public var isEnabled: Bool
    /// MAX_RETRIES: the largest number of retries after the first attempt, 0 or more. Defaults to
    /// 3.
    public var retriesMax: Int
    /// RATE_LIMIT_RETRIES: how many of the retries may follow a 429, 0 or more. Defaults to 1.
    public var rateLimitRetriesMax: Int
    /// RETRY_BASE_DELAY_MS: the backoff of the first retry before jitter, above zero. It doubles
    /// with each further retry. Defaults to 100 ms.
    public var delayBase: Duration
    /// RETRY_MAX_DELAY_MS: the cap on the backoff, at least `delayBase`. Defaults to 5 s. It does
    /// not cap a wait that the upstream asks for with `Retry-After`.
    public var delayMax: Duration
    /// How the backoff is randomised. Defaults to `.full`.
    public var jitter: Jitter
    /// Whether POST and PATCH are retried although the request may have reached the upstream and
    /// carries no `Idempotency-Key`. Defaults to `false`. If set, a write may take effect twice.
    public var retriesUnsafeMethods: Bool

    /// Makes a policy; every parameter has a default.
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

/// How a backoff is randomised. `d` is the backoff before jitter: doubled for each retry, then
/// capped.
///
/// The names and formulas are those of Brooker, "Exponential Backoff And Jitter" (AWS Architecture
/// Blog, 2015).
public enum Jitter: String, Sendable, Hashable, CaseIterable {
    /// No jitter: exactly `d`.
    case none
    /// Full jitter: uniform in 0...`d`.
    case full
    /// Equal jitter: uniform in `d / 2`...`d`.
    case equal
    /// Decorrelated jitter: uniform from the base to three times the previous delay, at most the
    /// cap.
    case decorrelated
}

/// When a client stops sending to a failing upstream, and when it probes it again.
public struct BreakerPolicy: Sendable, Hashable {
    /// ENABLE_CIRCUIT_BREAKER: whether there is a breaker. Defaults to `true`.
    public var isEnabled: Bool
    /// CIRCUIT_BREAKER_THRESHOLD: the smallest number of failures within 60 s at which the breaker
    /// may open, at least 1. Defaults to 5. It opens when they are also more than half of the
    /// results.
    public var failuresMin: Int
    /// CIRCUIT_BREAKER_TIMEOUT_S: how long the breaker stays open before it admits a probe, above
    /// zero. Defaults to 30 s. Requests in that time fail with `CIRCUIT_BREAKER_OPEN`.
    public var openDuration: Duration

    /// Makes a policy; every parameter has a default.
    public init(isEnabled: Bool = true, failuresMin: Int = 5, openDuration: Duration = .seconds(30))
    {
        precondition(failuresMin >= 1, "failuresMin is at least 1")
        precondition(openDuration > .zero, "openDuration is above zero")
        self.isEnabled = isEnabled
        self.failuresMin = failuresMin
        self.openDuration = openDuration
    }
}

/// Which answers are cached, and for how long.
public struct CachePolicy: Sendable, Hashable {
    /// ENABLE_CACHING: whether answers are cached and concurrent misses share a call. Defaults to
    /// `true`.
    public var isEnabled: Bool
    /// CACHE_TTL_SECONDS: the longest time for which an answer is fresh, above zero. Defaults to
    /// 300 s. A shorter `max-age` of the answer takes precedence.
    public var timeToLive: Duration
    /// STALE_IF_ERROR_S: how long a stale entry may still be served after a timeout, 0 or more.
    /// Defaults to 1 h. Entries with `must-revalidate` are never served stale.
    public var staleIfError: Duration
    /// CACHE_ENTRIES_MAX: the largest number of entries, at least 1. Defaults to 10 000. Beyond it
    /// the oldest entry is dropped.
    public var entriesMax: Int

    /// Makes a policy; every parameter has a default.
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

/// The limit on a client's own sends.
public struct LimiterPolicy: Sendable, Hashable {
    /// RATE_LIMIT_PER_MINUTE: the largest number of sends in any 60 s, retries included; 0 means no
    /// limit. Defaults to 100. Further sends wait; a request whose wait would not end before its
    /// deadline fails with `RATE_LIMIT_EXCEEDED`.
    public var sendsPerMinute: Int

    /// Makes a policy; the parameter has a default.
    public init(sendsPerMinute: Int = 100) {
        precondition(sendsPerMinute >= 0, "sendsPerMinute is 0 or more")
        self.sendsPerMinute = sendsPerMinute
    }
}
