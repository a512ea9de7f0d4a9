public import APIClient
public import Upstream

/// What happens to one request in a flight: what its load does, what the client does, and what the upstream
/// decides. Each event comes with its request and its instant; see ``FlightEventConsumer``.
///
/// The events of a request begin with ``arrived`` and end with ``ended(_:)``. Those of an attempt come in this
/// order: ``attemptStarted(number:timeout:)``, ``attemptDecided(_:)``, ``attemptSettled(_:)``,
/// ``attemptEnded(_:number:_:)``. The events of several attempts of one request may be interleaved.
public enum FlightEvent {
    // MARK: The load

    /// The request arrives.
    case arrived
    /// Its caller gives up. The client hears of it as a cancellation.
    case callerGaveUp
    /// The caller has the result, an answer or an error.
    case ended(RequestEnding)

    // MARK: The client, by its own word

    /// The cache was asked, or answered.
    case cache(CacheEvent)
    /// The request waits before it goes on.
    case waiting(ClientWait)
    /// An attempt begins; `timeout` in nanoseconds.
    case attemptStarted(number: UInt32, timeout: Int64)
    /// An attempt is over for the client. The record is nil where the upstream has seen no such attempt.
    case attemptEnded(AttemptRecord?, number: UInt32, AttemptResult)
    /// The breaker lets the next send through.
    case admittedByBreaker(BreakerContact, isProbe: Bool)
    /// The breaker refuses the next send.
    case refusedByBreaker(BreakerContact, BreakerRefusal)
    /// The client's own rate limit allows the next send at `until` only, which is past the deadline.
    case refusedByLimiter(until: Int64)
    /// The attempt before was the last one.
    case gaveUp(GiveUpReason)
    /// The breaker changed its state on behalf of this request.
    case breakerMoved(CircuitBreaker.Transition)

    // MARK: The upstream

    /// The upstream has decided what becomes of an attempt.
    case attemptDecided(AttemptRecord)
    /// The sender of an attempt has been told its result, or has cancelled it.
    case attemptSettled(AttemptRecord)
    /// The first attempt, sent or refused by the breaker, fails for a cause that clears within 30 s.
    case firstAttemptFailed(PassingCause)
}

/// The breaker was asked whether a request may send: what the upstream model knows about that instant.
public struct BreakerContact: Sendable, Hashable {
    /// The probability that a send at this instant would be a failure to a breaker, 0 to 1.
    public let failureProbability: Double
    /// Whether the breaker is asked on behalf of this request for the first time.
    public let isFirst: Bool
    /// Attempts of the request that the upstream has seen before.
    public let attemptsBefore: UInt32

    /// Whether the upstream is healthy for this request: a send would rather succeed than fail.
    public var isHealthy: Bool { failureProbability < 0.5 }
}

/// A send that the breaker refused.
public struct BreakerRefusal: Sendable, Hashable {
    /// When a probe may be let through, in nanoseconds of virtual time.
    public let retryAt: Int64
    /// Whether that very attempt would have brought a valid 2xx in time.
    public let wouldHaveSucceeded: Bool
}

/// What happens at the upstream, whichever request it is for; a client may also send on its own behalf.
public enum UpstreamEvent {
    /// A client wants to send: its attempt is about to be decided, or its breaker has just refused it.
    case approached(client: UInt32)
    /// An attempt of a client has been decided.
    case decided(client: UInt32)
}

/// How a request ended for its caller.
public enum RequestEnding: Sendable, Hashable {
    /// An answer. `isValid`: its body is the JSON that it claims to be, and as its route's schema says.
    case answer(status: Int, isValid: Bool, source: Source)
    /// An error, and which end it comes from.
    case error(APIError.Code, APIError.Origin)

    /// Where an answer came from: the upstream, the cache while fresh or as a follower of a single flight, or
    /// the cache after its time, marked as stale.
    public enum Source: Sendable, Hashable { case upstream, cache, stale }

    /// Whether it is a valid 2xx answer that is not stale.
    public var isSuccess: Bool {
        guard case .answer(200...299, true, let source) = self else { return false }
        return source != .stale
    }

    /// Whether it is a success that the upstream itself gave to this request.
    public var isFreshSuccess: Bool {
        if case .answer(200...299, true, .upstream) = self { true } else { false }
    }

    /// Whether it failed for a reason that lies with the caller alone: a 4xx, a cancellation, a request that is
    /// not valid.
    public var isCallersFault: Bool {
        switch self {
        case .answer(let status, _, _): (400...499).contains(status)
        case .error(.cancelled, _), .error(.validationError, .client): true
        case .error: false
        }
    }
}
