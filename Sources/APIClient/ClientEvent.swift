/// What happens to a request inside the client, in order. For traces, invariants and figures.
public enum ClientEvent: Sendable {
    /// The cache was asked, or answered.
    case cache(CacheEvent)
    /// The request waits before it goes on.
    case waiting(ClientWait)
    /// Right before the transport is called.
    case attemptStarted(attempt: UInt32, timeout: Int64)
    /// The transport has answered; `counted` is what the breaker makes of it.
    case attemptEnded(attempt: UInt32, AttemptResult, counted: CircuitBreaker.Verdict)
    /// The breaker refused the next send; a probe may be possible at `retryAt`.
    case refusedByBreaker(retryAt: Int64)
    /// The client's own limit would let the next send through at `until` only, after the deadline.
    case refusedByLimiter(until: Int64)
    /// The attempt before was the last one.
    case gaveUp(GiveUpReason)
    /// The breaker let the next send through; `isProbe` while it is half-open.
    case admittedByBreaker(isProbe: Bool)
    /// The breaker changed its state on behalf of this request.
    case breaker(CircuitBreaker.Transition)
}

/// How an attempt ended.
public enum AttemptResult: Sendable, Hashable {
    case answer(status: Int)
    case failure(TransportError.Code)
}

/// A wait inside the client; instants in nanoseconds of the client's time source.
public struct ClientWait: Sendable, Hashable {
    /// What is waited for.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        case backoff
        case retryAfter = "retry_after"
        case limiter
        /// For the leader of a single flight.
        case leader
    }

    /// What is waited for.
    public var reason: Reason
    /// When the wait ends; the latest instant where the end is not known.
    public var until: Int64
    /// The earliest and the latest that the policy allows.
    public var lower: Int64
    /// The latest that the policy allows.
    public var upper: Int64

    /// A wait; instants in nanoseconds of the client's time source.
    public init(reason: Reason, until: Int64, lower: Int64, upper: Int64) {
        self.reason = reason
        self.until = until
        self.lower = lower
        self.upper = upper
    }
}

/// What the cache did.
public enum CacheEvent: Sendable, Hashable {
    /// A fresh entry of this age, in nanoseconds, answered.
    case hit(age: Int64)
    case miss
    /// The answer of a request that was under way already was shared.
    case followed
    /// Kept for this many nanoseconds.
    case stored(life: Int64)
    /// A stale entry, this many nanoseconds old, answered after a timeout.
    case staleServed(age: Int64)
    /// A write made the entries of its path invalid.
    case invalidated
}

/// Follows one request. Called on the task that executes the request, never concurrently.
public protocol RequestObserver: AnyObject, Sendable {
    /// Keys the request's chance and order; unique among the requests of one client.
    var call: CallID { get }
    func observe(_ event: ClientEvent, at now: Int64)
}
