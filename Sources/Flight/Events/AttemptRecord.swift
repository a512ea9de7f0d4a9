import HTTPTypes
public import APIClient
public import Upstream

/// One attempt: one send that has reached the upstream, identified by client, request and attempt number.
///
/// Several may be in flight for one request. Everything is fixed at the upstream's decision, except how the
/// attempt ended. A record is reused after ``FlightEvent/attemptEnded(_:number:_:)`` and
/// ``FlightEvent/attemptSettled(_:)`` of its attempt, so copy what you need longer. Consumers must only read
/// it. Confined to the simulation's thread.
public final class AttemptRecord {
    /// A small number, unique among the attempts in flight, for use as an index of your own state.
    public let slot: Int
    /// The number that the client gave it, from 1.
    public internal(set) var number: UInt32 = 0
    /// Number of attempts of its request that the upstream has seen, this one included. Differs from ``number``
    /// if a layer below the client sends again.
    public internal(set) var ordinal: UInt32 = 0
    /// Whether an attempt with this number was in flight already, since a layer below the client sends again.
    public internal(set) var isResend = false
    /// The instant of the upstream's decision, in nanoseconds of virtual time.
    public internal(set) var sentAt: Int64 = 0
    /// The client's time limit for the attempt, in nanoseconds.
    public internal(set) var timeout: Int64 = 0
    /// Whether ``timeout`` is shorter than the client's `request_timeout_ms`, as it is near the deadline.
    public internal(set) var isCut = false
    /// The time from ``sentAt`` until the client is gone, by timeout or because its caller gives up, in nanoseconds.
    public internal(set) var clientTimeout = Int64.max
    /// The decision of the upstream.
    public internal(set) var decision = Decision(ending: .hang(beforeRequest: false), delay: 0)
    /// Whether it has the method of its request; a client may send others on the caller's behalf.
    public internal(set) var hasMethodOfRequest = true
    /// Whether the client reports it as a probe of its half-open breaker.
    public internal(set) var isAnnouncedProbe = false
    /// Whether it passed a half-open breaker, reported as a probe or not.
    public internal(set) var isProbe = false
    /// Number of transitions of the client's breaker before it was sent.
    public internal(set) var breakerEpoch = 0
    /// The model's failure probability when the breaker was last asked, 0 to 1; 0: the breaker was not asked.
    public internal(set) var failureProbability = 0.0
    /// The result for a breaker, from the upstream's decision and not from the client's report.
    public internal(set) var verdict = CircuitBreaker.Verdict.neutral
    /// Whether the result is final, that is, not retryable.
    public internal(set) var isFinal = false
    /// The status of the answer that the client receives; nil: it receives none in time.
    public internal(set) var status: Int?
    /// The instant before which Retry-After forbids a retry, in nanoseconds of virtual time; nil: none.
    public internal(set) var notBefore: Int64?
    /// Whether the answer has a Retry-After that the upstream model cannot parse.
    public internal(set) var hasUnclearRetryAfter = false
    /// Whether its sender has received the result or has cancelled it.
    public internal(set) var isSettled = false
    /// Whether it was cancelled before its end.
    public internal(set) var isCancelled = false
    /// Whether the client has reported its end.
    var isEnded = false
    /// Whether its request ended before it did.
    var isAbandoned = false
    /// The request that it belongs to.
    public internal(set) var call = CallID(request: 0)

    init(slot: Int) { self.slot = slot }

    /// Whether neither the client nor its sender uses it any more.
    var isOver: Bool { isEnded && isSettled }

    /// Resets the record for a new attempt of a request.
    @inline(__always) func begin(_ number: UInt32, _ call: CallID) {
        self.number = number
        self.call = call
        (isSettled, isCancelled, isEnded, isAbandoned) = (false, false, false, false)
    }

    /// Whether the upstream may have acted: it read the request and did not reject its credentials.
    public var mayHaveActed: Bool {
        !decision.ending.isBeforeRequest && decision.status != 401
    }

    /// Whether the attempt takes effect at the upstream.
    public var takesEffect: Bool { decision.takesEffect }

    /// Derives the meaning of the decision for a client with this attempt's `timeout`.
    @inline(__always) func interpretDecision() {
        (isFinal, status, notBefore, hasUnclearRetryAfter) = (false, nil, nil, false)
        guard decision.ends(within: timeout) else {
            // The attempt got less than the full timeout, by the deadline or the client's own choice.
            verdict = isCut ? .neutral : .failure
            return
        }
        guard let decided = decision.status else {
            verdict = .failure
            return
        }
        interpret(status: decided)
        // Retry-After is read only here: the client does not see an answer that arrives too late.
        guard decided == 429 || decided == 503, case .answer(let answer) = decision.ending else {
            return
        }
        notBefore = decision.notBefore
        hasUnclearRetryAfter = notBefore == nil && answer.fields[.retryAfter] != nil
    }

    /// Replaces the decided result of a live attempt by the one that the client received.
    func cameOut(_ result: Result<TransportResponse, TransportError>) {
        switch result {
        case .success(let response): interpret(status: response.statusCode)
        case .failure(let error):
            (isFinal, status) = (false, nil)
            verdict = error.isTimeout && isCut ? .neutral : .failure
        }
    }

    /// Marks it as cancelled: its answer, if any, is not read.
    func cancel() {
        isCancelled = true
        (verdict, isFinal, status) = (.neutral, false, nil)
        (notBefore, hasUnclearRetryAfter) = (nil, false)
    }

    @inline(__always) private func interpret(status: Int) {
        self.status = status
        switch status {
        case 408, 429: (verdict, isFinal) = (.neutral, false)
        case 500...: (verdict, isFinal) = (.failure, !(status == 500 || 502...504 ~= status))
        default: (verdict, isFinal) = (.success, status != 401 && hasMethodOfRequest)
        }
    }
}
