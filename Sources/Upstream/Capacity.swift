/// The number of requests that an upstream serves at once, and its queue.
public struct Capacity: Sendable, Hashable {
    /// What happens to a request whose client has given up.
    public enum Abandoned: String, Sendable, Hashable, CaseIterable {
        /// It is served to the end, so that retries add to the load.
        case finish
        /// It leaves the queue, and a server that works on it stops.
        case drop
    }

    /// The number of requests that are served at once; at least 1.
    public var servers: Int
    /// The number of requests that may wait, first come, first served; 0 or more. Further requests
    /// get a 503.
    public var queue: Int
    /// The time for which a request occupies a server. The upstream's latency is added to it.
    public var service: Distribution
    /// What happens to a request whose client has given up. Defaults to `finish`.
    public var abandoned: Abandoned

    /// Makes a capacity of servers with one queue.
    public init(servers: Int, queue: Int, service: Distribution, abandoned: Abandoned = .finish) {
        self.servers = servers
        self.queue = queue
        self.service = service
        self.abandoned = abandoned
    }
}

/// A limit on the requests that an upstream admits: a token bucket that is full at the start. A
/// request that finds it empty gets a 429.
public struct Quota: Sendable, Hashable {
    /// The form of the `Retry-After` field of a 429.
    public enum RetryAfter: String, Sendable, Hashable, CaseIterable {
        /// A number of whole seconds, rounded up, at least 1.
        case seconds
        /// An HTTP-date, rounded up to a whole second.
        case date
        /// No `Retry-After` field.
        case none
    }

    /// The rate at which tokens are added.
    public var rate: RequestRate
    /// The number of tokens that the bucket holds; at least 1.
    public var burst: UInt32
    /// The form of the `Retry-After` field of a 429. Defaults to `seconds`.
    public var retryAfter: RetryAfter

    /// Makes a quota. By default its 429 has a `Retry-After` in seconds.
    public init(rate: RequestRate, burst: UInt32, retryAfter: RetryAfter = .seconds) {
        self.rate = rate
        self.burst = burst
        self.retryAfter = retryAfter
    }
}
