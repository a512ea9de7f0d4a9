import HTTPTypes
public import APIClient
public import Upstream

/// One attempt: one send that has reached the upstream, identified by client, request and attempt number.
///
/// Several may be in flight for one request. Everything is fixed at the upstream's decision, except how the
/// attempt ended. A record is reused after ``FlightEvent/attemptEnded(_:_:)`` and
/// ``FlightEvent/attemptSettled(_:)`` of its attempt, so copy what you need longer. Consumers must only read
/// it. Confined to the simulation's thread.
public final class AttemptRecord {
    /// A small number, unique among the attempts in flight, for use as an index of your own state.
    public let slot: Int
    /// Everything that changes. Behind a pointer: a public variable of a class is checked for exclusive access each
    /// time that it is used, and these are used a hundred times for each attempt.
    private let facts = Cell(Facts())

    private struct Facts {
        var number: UInt32 = 0
        var ordinal: UInt32 = 0
        var isResend: Bool = false
        var sentAt: Int64 = 0
        var timeout: Int64 = 0
        var isCut: Bool = false
        var clientTimeout: Int64 = Int64.max
        var decision: Decision = Decision(ending: .hang(beforeRequest: false), delay: 0)
        var decidedStatus: Int?
        var delay: Int64 = 0
        var endsInTime: Bool = false
        var takesEffect: Bool = false
        var isBeforeRequest: Bool = false
        var hasService: Bool = false
        var hasMethodOfRequest: Bool = true
        var isAnnouncedProbe: Bool = false
        var isProbe: Bool = false
        var breakerEpoch: Int = 0
        var failureProbability: Double = 0.0
        var verdict: CircuitBreaker.Verdict = CircuitBreaker.Verdict.neutral
        var isFinal: Bool = false
        var status: Int?
        var notBefore: Int64?
        var hasUnclearRetryAfter: Bool = false
        var isSettled: Bool = true
        var isCancelled: Bool = false
        var isEnded: Bool = true
        var isAbandoned: Bool = false
        var call: CallID = CallID(request: 0)
    }

    /// The number that the client gave it, from 1.
    public internal(set) var number: UInt32 {
        @inline(__always) get { facts.value.number }
        @inline(__always) set { facts.value.number = newValue }
    }
    /// How many attempts of its request the upstream has seen, this one included. Differs from ``number``
    /// where something below the client sends by itself.
    public internal(set) var ordinal: UInt32 {
        @inline(__always) get { facts.value.ordinal }
        @inline(__always) set { facts.value.ordinal = newValue }
    }
    /// Whether the client's attempt of this number was under way already: something below the client sends again.
    public internal(set) var isResend: Bool {
        @inline(__always) get { facts.value.isResend }
        @inline(__always) set { facts.value.isResend = newValue }
    }
    /// When the upstream decided, in nanoseconds of virtual time.
    public internal(set) var sentAt: Int64 {
        @inline(__always) get { facts.value.sentAt }
        @inline(__always) set { facts.value.sentAt = newValue }
    }
    /// How long the client waits for its end, in nanoseconds.
    public internal(set) var timeout: Int64 {
        @inline(__always) get { facts.value.timeout }
        @inline(__always) set { facts.value.timeout = newValue }
    }
    /// Whether ``timeout`` is shorter than the client's `request_timeout_ms`, as when the deadline is near.
    public internal(set) var isCut: Bool {
        @inline(__always) get { facts.value.isCut }
        @inline(__always) set { facts.value.isCut = newValue }
    }
    /// When the client goes away, in nanoseconds from ``sentAt``: at the timeout, or when its caller gives up.
    public internal(set) var clientTimeout: Int64 {
        @inline(__always) get { facts.value.clientTimeout }
        @inline(__always) set { facts.value.clientTimeout = newValue }
    }
    /// What the upstream decided.
    public var decision: Decision {
        @inline(__always) _read { yield facts.value.decision }
    }
    /// Whether the attempt has the method of its request. A client may ask several things for one caller.
    public internal(set) var hasMethodOfRequest: Bool {
        @inline(__always) get { facts.value.hasMethodOfRequest }
        @inline(__always) set { facts.value.hasMethodOfRequest = newValue }
    }
    /// Whether the client calls it a probe of its half-open breaker.
    public internal(set) var isAnnouncedProbe: Bool {
        @inline(__always) get { facts.value.isAnnouncedProbe }
        @inline(__always) set { facts.value.isAnnouncedProbe = newValue }
    }
    /// Whether it went through a half-open breaker, announced as a probe or not.
    public internal(set) var isProbe: Bool {
        @inline(__always) get { facts.value.isProbe }
        @inline(__always) set { facts.value.isProbe = newValue }
    }
    /// How many transitions the client's breaker had made when it was sent.
    public internal(set) var breakerEpoch: Int {
        @inline(__always) get { facts.value.breakerEpoch }
        @inline(__always) set { facts.value.breakerEpoch = newValue }
    }
    /// The probability of failure by the model's state when the breaker was asked; 0 where it was not asked.
    public internal(set) var failureProbability: Double {
        @inline(__always) get { facts.value.failureProbability }
        @inline(__always) set { facts.value.failureProbability = newValue }
    }
    /// What it means to a breaker, by what the upstream decided and not by the client's word.
    public internal(set) var verdict: CircuitBreaker.Verdict {
        @inline(__always) get { facts.value.verdict }
        @inline(__always) set { facts.value.verdict = newValue }
    }
    /// Whether it leaves nothing to try again.
    public internal(set) var isFinal: Bool {
        @inline(__always) get { facts.value.isFinal }
        @inline(__always) set { facts.value.isFinal = newValue }
    }
    /// The status of the answer that the client gets; nil: it gets none in time.
    public internal(set) var status: Int? {
        @inline(__always) get { facts.value.status }
        @inline(__always) set { facts.value.status = newValue }
    }
    /// The instant before which the answer asks not to be asked again, in nanoseconds of virtual time.
    public internal(set) var notBefore: Int64? {
        @inline(__always) get { facts.value.notBefore }
        @inline(__always) set { facts.value.notBefore = newValue }
    }
    /// Whether the answer has a Retry-After that the upstream model itself cannot read.
    public internal(set) var hasUnclearRetryAfter: Bool {
        @inline(__always) get { facts.value.hasUnclearRetryAfter }
        @inline(__always) set { facts.value.hasUnclearRetryAfter = newValue }
    }
    /// Whether its sender has been told how it ended, or has cancelled it.
    public internal(set) var isSettled: Bool {
        @inline(__always) get { facts.value.isSettled }
        @inline(__always) set { facts.value.isSettled = newValue }
    }
    /// Whether it was cancelled before its end.
    public internal(set) var isCancelled: Bool {
        @inline(__always) get { facts.value.isCancelled }
        @inline(__always) set { facts.value.isCancelled = newValue }
    }
    /// Whether the client has said that it ended.
    var isEnded: Bool {
        @inline(__always) get { facts.value.isEnded }
        @inline(__always) set { facts.value.isEnded = newValue }
    }
    /// Whether its request ended without it.
    var isAbandoned: Bool {
        @inline(__always) get { facts.value.isAbandoned }
        @inline(__always) set { facts.value.isAbandoned = newValue }
    }
    /// The request that it belongs to.
    public internal(set) var call: CallID {
        @inline(__always) get { facts.value.call }
        @inline(__always) set { facts.value.call = newValue }
    }

    init(slot: Int) { self.slot = slot }

    /// Whether neither the client nor its sender uses it any more.
    var isOver: Bool { isEnded && isSettled }

    /// Resets the record for a new attempt of a request.
    @inline(__always) func begin(_ number: UInt32, _ call: CallID) {
        self.number = number
        self.call = call
        (isSettled, isCancelled, isEnded, isAbandoned) = (false, false, false, false)
        isResend = false
    }

    // Of the decision, what is asked of every attempt: to look at the decision itself would copy it.

    /// When its end reaches the client, in nanoseconds from ``sentAt``; 0 if nothing ever comes.
    var delay: Int64 { @inline(__always) get { facts.value.delay } }
    /// Whether its end comes within ``timeout``.
    var endsInTime: Bool { @inline(__always) get { facts.value.endsInTime } }
    /// Whether the upstream does what the attempt asked for.
    public var takesEffect: Bool { @inline(__always) get { facts.value.takesEffect } }
    /// Whether it fails before the upstream has read anything.
    var isBeforeRequest: Bool { @inline(__always) get { facts.value.isBeforeRequest } }
    /// Whether it gets to a server of limited number.
    var hasService: Bool { @inline(__always) get { facts.value.hasService } }

    /// Whether the upstream read the request, and did not turn it away for its credentials: it may have acted.
    public var mayHaveActed: Bool { !isBeforeRequest && facts.value.decidedStatus != 401 }

    /// The cause of its failure that may pass; nil where a retry makes no sense. To be asked before its end.
    @inline(__always) var passingCause: PassingCause? {
        guard let status else { return .failure }
        return PassingCause(status: status)
    }

    /// Takes the upstream's decision, and works out what it means to a client that waits for `timeout` nanoseconds.
    @inline(__always) func decide(_ decided: consuming Decision) {
        facts.value.delay = decided.delay
        facts.value.endsInTime = decided.ends(within: timeout)
        facts.value.takesEffect = decided.takesEffect
        facts.value.isBeforeRequest = decided.ending.isBeforeRequest
        facts.value.hasService = decided.service != nil
        let status = decided.status
        if status == 429 || status == 503 { noteRetryAfter(decided) } else { forgetRetryAfter() }
        facts.value.decidedStatus = status
        facts.value.decision = decided
    }

    private func forgetRetryAfter() { (notBefore, hasUnclearRetryAfter) = (nil, false) }

    @inline(never) private func noteRetryAfter(_ decided: borrowing Decision) {
        forgetRetryAfter()
        // An answer that comes too late says nothing: the client does not read it.
        guard decided.delay <= timeout, case .answer(let answer) = decided.ending else { return }
        notBefore = decided.notBefore
        hasUnclearRetryAfter = notBefore == nil && answer.fields[.retryAfter] != nil
    }

    /// Fills in what the decision says to a breaker and to a retry policy, once it is known whether the time is cut.
    @inline(__always) func interpretDecision() {
        (isFinal, status) = (false, nil)
        guard endsInTime else {
            // The deadline, or the client's own idea, left less than a whole attempt.
            verdict = isCut ? .neutral : .failure
            return
        }
        if let decided = facts.value.decidedStatus {
            interpret(status: decided)
        } else {
            verdict = .failure
        }
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
