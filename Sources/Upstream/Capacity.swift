/// How much an upstream can do at once.
public struct Capacity: Sendable, Hashable {
    /// What becomes of work whose client has gone away.
    public enum Abandoned: String, Sendable, Hashable, CaseIterable {
        /// It is done all the same, so that retries come on top of it.
        case finish
        /// It leaves the queue, and a server that is at it stops.
        case drop
    }

    /// How many requests are served at once; at least 1.
    public var servers: Int
    /// How many may wait, first come, first served; whoever comes then gets a 503. 0 or more.
    public var queue: Int
    /// How long a server is at one request; the upstream's latency comes on top.
    public var service: Distribution
    /// Defaults to `finish`.
    public var abandoned: Abandoned

    /// Servers with a queue in front.
    public init(servers: Int, queue: Int, service: Distribution, abandoned: Abandoned = .finish) {
        self.servers = servers
        self.queue = queue
        self.service = service
        self.abandoned = abandoned
    }
}

/// How many requests an upstream lets through: a token bucket, full at the start. Whoever finds it empty
/// gets a 429.
public struct Quota: Sendable, Hashable {
    /// How a 429 says when to come back.
    public enum RetryAfter: String, Sendable, Hashable, CaseIterable {
        case seconds
        case date
        case none
    }

    /// How fast tokens come back.
    public var rate: RequestRate
    /// How many tokens the bucket holds; at least 1.
    public var burst: UInt32
    /// Defaults to `seconds`.
    public var retryAfter: RetryAfter

    /// A quota that says in seconds when to come back, unless told otherwise.
    public init(rate: RequestRate, burst: UInt32, retryAfter: RetryAfter = .seconds) {
        self.rate = rate
        self.burst = burst
        self.retryAfter = retryAfter
    }
}
