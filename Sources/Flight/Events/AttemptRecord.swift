import HTTPTypes
public import APIClient
public import Upstream

/// One attempt: one send that has reached the upstream, addressed by client, request and attempt number.
///
/// Several may be under way for one request. All of it is settled when the upstream decides, except how the
/// attempt came to its end. A record is used again after ``FlightEvent/attemptEnded(_:number:_:)`` and
/// ``FlightEvent/attemptSettled(_:)`` of its attempt; copy what has to last longer. Consumers only read it.
/// Confined to the simulation's thread.
public final class AttemptRecord {
    /// A small number that no other attempt under way has, for state of one's own in an array.
    public let slot: Int
    /// The number that the client gave it, from 1.
    public internal(set) var number: UInt32 = 0
    /// How many attempts of its request the upstream has seen, this one included. Differs from ``number``
    /// where something below the client sends by itself.
    public internal(set) var ordinal: UInt32 = 0
    /// Whether the client's attempt of this number was under way already: something below the client sends again.
    public internal(set) var isResend = false
    /// When the upstream decided, in nanoseconds of virtual time.
    public internal(set) var sentAt: Int64 = 0
    /// How long the client waits for its end, in nanoseconds.
    public internal(set) var timeout: Int64 = 0
    /// Whether ``timeout`` is shorter than the client's `request_timeout_ms`, as when the deadline is near.
    public internal(set) var isCut = false
    /// When the client goes away, in nanoseconds from ``sentAt``: at the timeout, or when its caller gives up.
    public internal(set) var clientTimeout = Int64.max
    /// What the upstream decided.
    public internal(set) var decision = Decision(ending: .hang(beforeRequest: false), delay: 0)
    /// Whether the attempt has the method of its request. A client may ask several things for one caller.
    public internal(set) var hasMethodOfRequest = true
    /// Whether the client calls it a probe of its half-open breaker.
    public internal(set) var isAnnouncedProbe = false
    /// Whether it went through a half-open breaker, announced as a probe or not.
    public internal(set) var isProbe = false
    /// How many transitions the client's breaker had made when it was sent.
    public internal(set) var breakerEpoch = 0
    /// The probability of failure by the model's state when the breaker was asked; 0 where it was not asked.
    public internal(set) var failureProbability = 0.0
    /// What it means to a breaker, by what the upstream decided and not by the client's word.
    public internal(set) var verdict = CircuitBreaker.Verdict.neutral
    /// Whether it leaves nothing to try again.
    public internal(set) var isFinal = false
    /// The status of the answer that the client gets; nil: it gets none in time.
    public internal(set) var status: Int?
    /// The instant before which the answer asks not to be asked again, in nanoseconds of virtual time.
    public internal(set) var notBefore: Int64?
    /// Whether the answer has a Retry-After that the upstream model itself cannot read.
    public internal(set) var hasUnclearRetryAfter = false
    /// Whether its sender has been told how it ended, or has cancelled it.
    public internal(set) var isSettled = false
    /// Whether it was cancelled before its end.
    public internal(set) var isCancelled = false
    /// Whether the client has said that it ended.
    var isEnded = false
    /// Whether its request ended without it.
    var isAbandoned = false
    /// The request that it belongs to.
    public internal(set) var call = CallID(request: 0)

    init(slot: Int) { self.slot = slot }

    /// Whether neither the client nor its sender has anything to do with it any more.
    var isOver: Bool { isEnded && isSettled }

    /// Begins an attempt of a request.
    @inline(__always) func begin(_ number: UInt32, _ call: CallID) {
        self.number = number
        self.call = call
        (isSettled, isCancelled, isEnded, isAbandoned) = (false, false, false, false)
    }

    /// Whether the upstream read the request, and did not turn it away for its credentials: it may have acted.
    public var mayHaveActed: Bool {
        !decision.ending.isBeforeRequest && decision.status != 401
    }

    /// Whether the upstream does what the attempt asked for.
    public var takesEffect: Bool { decision.takesEffect }

    /// Fills in what the decision means to a client that waits for `timeout` nanoseconds.
    @inline(__always) func interpretDecision() {
        (isFinal, status, notBefore, hasUnclearRetryAfter) = (false, nil, nil, false)
        guard decision.ends(within: timeout) else {
            // The deadline, or the client's own idea, left less than a whole attempt.
            verdict = isCut ? .neutral : .failure
            return
        }
        guard let decided = decision.status else {
            verdict = .failure
            return
        }
        interpret(status: decided)
        // An answer that comes too late says nothing: the client does not read it.
        guard decided == 429 || decided == 503, case .answer(let answer) = decision.ending else {
            return
        }
        notBefore = decision.notBefore
        hasUnclearRetryAfter = notBefore == nil && answer.fields[.retryAfter] != nil
    }

    /// A live attempt came out otherwise than decided, and its client goes by what came.
    func cameOut(_ result: Result<TransportResponse, TransportError>) {
        switch result {
        case .success(let response): interpret(status: response.statusCode)
        case .failure(let error):
            (isFinal, status) = (false, nil)
            verdict = error.isTimeout && isCut ? .neutral : .failure
        }
    }

    /// It was cancelled: its answer, if any, is read by no one.
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
