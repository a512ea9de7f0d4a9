/// An event of a request inside the client, for traces, invariants and figures. Instants and
/// durations are in nanoseconds.
public enum ClientEvent: Sendable {
    /// The cache was read, written or invalidated.
    case cache(CacheEvent)
    /// The request begins to wait.
    case waiting(ClientWait)
    /// The transport is about to be called. `attempt` counts from 1; `timeout` is the attempt's
    /// time limit.
    case attemptStarted(attempt: UInt32, timeout: Int64)
    /// The transport has returned. `counted` is the verdict that the breaker records.
    case attemptEnded(attempt: UInt32, AttemptResult, counted: CircuitBreaker.Verdict)
    /// The breaker refused the next send. `retryAt` is the earliest instant at which it may admit a
    /// probe.
    case refusedByBreaker(retryAt: Int64)
    /// The client's own limit admits the next send only at `until`, which is not before the
    /// deadline.
    case refusedByLimiter(until: Int64)
    /// No further attempt follows, for the given reason.
    case gaveUp(GiveUpReason)
    /// The breaker admitted the next send. `isProbe`: the breaker is half-open and this is its
    /// probe.
    case admittedByBreaker(isProbe: Bool)
    /// The breaker changed its state because of this request.
    case breaker(CircuitBreaker.Transition)
}

/// How an attempt ended.
public enum AttemptResult: Sendable, Hashable {
    /// The upstream gave a complete answer with this status.
    case answer(status: Int)
    /// There was no complete answer, for this reason.
    case failure(TransportError.Code)
}

/// A wait inside the client. Instants are nanoseconds of the client's time source.
public struct ClientWait: Sendable, Hashable {
    /// The reason for a wait.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// The backoff of the retry policy.
        case backoff
        /// The time that the upstream asked for with `Retry-After`, plus jitter.
        case retryAfter = "retry_after"
        /// The client's own limit on sends.
        case limiter
        /// The answer of the leader of a single flight.
        case leader
    }

    /// The reason for the wait.
    public var reason: Reason
    /// The instant at which the wait ends. If the end is not known, the latest possible instant.
    public var until: Int64
    /// The earliest instant that the policy allows.
    public var lower: Int64
    /// The latest instant that the policy allows.
    public var upper: Int64

    /// Makes a wait. Instants are nanoseconds of the client's time source.
    public init(reason: Reason, until: Int64, lower: Int64, upper: Int64) {
        self.reason = reason
        self.until = until
        self.lower = lower
        self.upper = upper
    }
}

/// An event of the cache.
public enum CacheEvent: Sendable, Hashable {
    /// A fresh entry answered the request; `age` is the time since it was stored, in nanoseconds.
    case hit(age: Int64)
    /// No fresh entry matched, so the request calls the upstream.
    case miss
    /// The request shared the answer of another request's upstream call.
    case followed
    /// The answer was stored and stays fresh for `life` nanoseconds.
    case stored(life: Int64)
    /// A stale entry answered the request after a timeout; `age` is the time since it was stored,
    /// in nanoseconds.
    case staleServed(age: Int64)
    /// A write dropped the entries of its path.
    case invalidated
}

/// Receives the events of one request, in order. Called on the task that executes the request,
/// never concurrently.
public protocol RequestObserver: AnyObject, Sendable {
    /// The request's identity. It keys the request's random draws and its order in a simulation,
    /// and must be unique among the requests of one client.
    var call: CallID { get }
    /// Receives an event. `now` is the instant in nanoseconds of the client's time source.
    func observe(_ event: ClientEvent, at now: Int64)

    /// Whether the client's log and metrics cover this request. Defaults to true. An observer that follows millions of
    /// requests may let most of them pass without: to put a log record together costs more than the request.
    var isLogged: Bool { get }
}

extension RequestObserver {
    /// true, so every request is logged and counted.
    public var isLogged: Bool { true }
}
