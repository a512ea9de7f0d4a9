public import APIClient
public import Upstream

/// An event of one request in a flight: from its load, its client or the upstream. Each event is passed on with
/// its request and its instant; see ``FlightEventConsumer``.
///
/// The first event of a request is ``arrived``, the last ``ended(_:)``. Those of an attempt come in this order:
/// ``attemptStarted(number:timeout:)``, ``attemptDecided(_:)``, ``attemptSettled(_:)``,
/// ``attemptEnded(_:_:)``. Events of several attempts of one request may be interleaved.
public enum FlightEvent {
    // MARK: The load

    /// The request arrives.
    case arrived
    /// The caller gives up; the client's task is cancelled.
    case callerGaveUp
    /// The caller receives the result, an answer or an error.
    case ended(RequestEnding)

    // MARK: The client, as it reports

    /// A cache lookup, answer or change.
    case cache(CacheEvent)
    /// The request begins a wait.
    case waiting(ClientWait)
    /// An attempt begins. `timeout` is in nanoseconds.
    case attemptStarted(number: UInt32, timeout: Int64)
    /// An attempt is over for the client.
    case attemptEnded(AttemptRecord, AttemptResult)
    /// An attempt is over for the client that the upstream has never seen, for instance because a part of the client
    /// below its retries answered it.
    case unseenAttemptEnded(number: UInt32, AttemptResult)
    /// The breaker admits the next send.
    case admittedByBreaker(BreakerContact, isProbe: Bool)
    /// The breaker refuses the next send.
    case refusedByBreaker(BreakerContact, BreakerRefusal)
    /// The client's rate limiter refuses the next send: its earliest instant `until`, in ns, is past the deadline.
    case refusedByLimiter(until: Int64)
    /// The client makes no further attempt.
    case gaveUp(GiveUpReason)
    /// The breaker changes its state during this request.
    case breakerMoved(CircuitBreaker.Transition)

    // MARK: The upstream

    /// The upstream has made the decision for an attempt.
    case attemptDecided(AttemptRecord)
    /// The sender of an attempt has received its result or has cancelled it.
    case attemptSettled(AttemptRecord)
    /// The first attempt, sent or refused by the breaker, fails for a cause that clears within 30 s.
    case firstAttemptFailed(PassingCause)
}

/// The state of the upstream, by its model, at the instant at which the breaker is asked.
public struct BreakerContact: Sendable, Hashable {
    /// The probability that a send at this instant would be a failure for the breaker, from 0 to 1.
    public let failureProbability: Double
    /// Whether the breaker is asked for this request for the first time.
    public let isFirst: Bool
    /// Number of attempts of the request that the upstream has seen so far.
    public let attemptsBefore: UInt32

    /// Whether the upstream is healthy for this request: the failure probability is below 1/2.
    public var isHealthy: Bool { failureProbability < 0.5 }
}

/// A send that the breaker refused.
public struct BreakerRefusal: Sendable, Hashable {
    /// The instant at which a probe may be admitted, in nanoseconds of virtual time.
    public let retryAt: Int64
    /// Whether the refused attempt would have received a valid 2xx in time.
    public let wouldHaveSucceeded: Bool
}

/// An event at the upstream, for any request or for a send on a client's own behalf.
public enum UpstreamEvent {
    /// A client is about to send, or its breaker has just refused a send.
    case approached(client: UInt32)
    /// The upstream has made the decision for a client's attempt.
    case decided(client: UInt32)
}

/// How a request ended for its caller.
public enum RequestEnding: Sendable, Hashable {
    /// An answer. `isValid`: its body is valid JSON and fits the schema of its route.
    case answer(status: Int, isValid: Bool, source: Source)
    /// An error, and whether it comes from the client or the upstream.
    case error(APIError.Code, APIError.Origin)

    /// The source of an answer: the upstream; the cache while fresh, or a shared single flight; or the cache
    /// after expiry, marked as stale.
    public enum Source: Sendable, Hashable { case upstream, cache, stale }

    /// Whether it is a valid 2xx answer that is not stale.
    public var isSuccess: Bool {
        guard case .answer(200...299, true, let source) = self else { return false }
        return source != .stale
    }

    /// Whether it is a success that the upstream gave to this very request.
    public var isFreshSuccess: Bool {
        if case .answer(200...299, true, .upstream) = self { true } else { false }
    }

    /// Whether only the caller is responsible for the failure: a 4xx, a cancellation, or an invalid request.
    public var isCallersFault: Bool {
        switch self {
        case .answer(let status, _, _): (400...499).contains(status)
        case .error(.cancelled, _), .error(.validationError, .client): true
        case .error: false
        }
    }
}
