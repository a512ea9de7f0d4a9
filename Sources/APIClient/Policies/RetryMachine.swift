/// Decides after each attempt of one request: deliver the answer, wait and retry, or give up.
///
/// It never waits, draws or sends. The driver reports the end of each attempt once. After `.wait`
/// it waits and sends the next attempt; after any other action the request has ended. A cancelled
/// request is not reported any more.
struct RetryMachine {
    /// The end of an attempt.
    enum AttemptEnd: Hashable {
        /// A complete answer. `retryAfter` is the wait in nanoseconds that the upstream asked for;
        /// nil if the field was missing or malformed.
        case answer(status: Int, retryAfter: Int64?)
        /// No complete answer: a timeout, a failed connection, or a truncated or malformed answer.
        /// `neverReachedUpstream`: the upstream certainly never saw the request.
        case failure(neverReachedUpstream: Bool)
    }

    enum Action: Hashable {
        /// The answer is final: a success, or a status that is not retried.
        case deliver
        case wait(Wait)
        case giveUp(Reason)
    }

    /// A wait before the next attempt. Instants are in nanoseconds.
    struct Wait: Hashable {
        enum Reason: String, Hashable {
            case backoff
            case retryAfter = "retry_after"
        }

        var reason: Reason
        /// The instant at which the next attempt starts: in `lower...upper` and before the
        /// deadline.
        var until: Int64
        var lower: Int64
        var upper: Int64
        /// The number of the retry that follows the wait, from 1.
        var retry: Int
    }

    typealias Reason = GiveUpReason

    private enum State {
        /// An attempt is under way or about to start. Valid transitions: `.attempting`, `.ended`.
        case attempting
        /// The request has ended. There are no transitions.
        case ended
    }

    /// A policy, prepared for use by many requests: converting a `Duration` divides 128-bit
    /// numbers.
    struct Rules {
        let policy: RetryPolicy
        let backoff: Backoff

        init(_ policy: RetryPolicy) {
            self.policy = policy
            backoff = Backoff(policy)
        }
    }

    private let rules: Rules
    private let isIdempotent: Bool
    private let deadline: Int64
    private var state = State.attempting
    private var rateLimitRetries = 0
    private var previousDelay: Int64?

    /// The number of retries that have been decided so far.
    private(set) var retries = 0

    /// Makes a machine before the first attempt.
    /// - Parameters:
    ///   - policy: the number of retries and the delays between them.
    ///   - isIdempotent: whether the request may be sent twice, by its method or an
    ///     `Idempotency-Key`.
    ///   - deadline: the instant in nanoseconds at and after which no attempt starts.
    init(policy: RetryPolicy, isIdempotent: Bool, deadline: Int64) {
        self.init(Rules(policy), isIdempotent: isIdempotent, deadline: deadline)
    }

    init(_ rules: Rules, isIdempotent: Bool, deadline: Int64) {
        self.rules = rules
        self.isIdempotent = isIdempotent
        self.deadline = deadline
    }

    private var policy: RetryPolicy { rules.policy }
    private var backoff: Backoff { rules.backoff }

    /// Whether the attempt under way ended with an answer that is not retried; the request has then
    /// ended. If false, the attempt must be reported with ``attemptEnded(_:at:draw:)``. This is the
    /// fast path of nearly all requests.
    mutating func delivers(_ result: AttemptResult) -> Bool {
        precondition(state == .attempting, "an attempt ended after the request had")
        guard case .answer(let status) = result, !Self.isRetryable(status: status) else {
            return false
        }
        state = .ended
        return true
    }

    /// Reports how the attempt under way ended.
    ///
    /// - Parameters:
    ///   - outcome: the end of the attempt.
    ///   - now: the instant in nanoseconds, 0 or more.
    ///   - draw: returns a number in `0..<bound` for a bound, each equally likely. Called at most
    ///     once.
    /// - Returns: the next action.
    mutating func attemptEnded(
        _ outcome: AttemptEnd, at now: Int64, draw: (UInt64) -> UInt64
    ) -> Action {
        precondition(state == .attempting, "an attempt ended after the request had")
        let action = decide(outcome, at: now, draw: draw)
        if case .wait = action {
            retries += 1
            if case .answer(status: 429, _) = outcome { rateLimitRetries += 1 }
        } else {
            state = .ended
        }
        return action
    }

    /// Whether the status may be retried: 408, 429, 500, 502, 503 and 504.
    static func isRetryable(status: Int) -> Bool {
        switch status {
        case 408, 429, 500, 502, 503, 504: true
        default: false
        }
    }

    private mutating func decide(
        _ outcome: AttemptEnd, at now: Int64, draw: (UInt64) -> UInt64
    ) -> Action {
        var isSafe = isIdempotent || policy.retriesUnsafeMethods
        var isRateLimit = false
        var retryAfter: Int64?
        switch outcome {
        case .failure(let neverReachedUpstream):
            isSafe = isSafe || neverReachedUpstream
        case .answer(let status, let asked):
            if !Self.isRetryable(status: status) { return .deliver }
            isRateLimit = status == 429
            if status == 429 || status == 503 { retryAfter = asked }
        }
        guard policy.isEnabled, isSafe else { return .giveUp(.notRetryable) }
        if retries >= policy.retriesMax { return .giveUp(.retriesExhausted) }
        if isRateLimit && rateLimitRetries >= policy.rateLimitRetriesMax {
            return .giveUp(.rateLimitRetriesExhausted)
        }
        let wait =
            if let retryAfter {
                waitAsked(max(0, retryAfter), from: now, draw: draw)
            } else {
                waitBackoff(from: now, draw: draw)
            }
        return wait.map { .wait($0) } ?? .giveUp(.deadline)
    }

    /// The client's own backoff; nil if it would end at or after the deadline.
    private mutating func waitBackoff(from now: Int64, draw: (UInt64) -> UInt64) -> Wait? {
        let delay = backoff.delay(retry: retries + 1, previous: previousDelay, draw: draw)
        previousDelay = delay.value
        let until = now.addingSaturated(delay.value)
        guard until < deadline else { return nil }
        return Wait(
            reason: .backoff, until: until, lower: now.addingSaturated(delay.lower),
            upper: now.addingSaturated(delay.upper), retry: retries + 1)
    }

    /// The wait that the upstream asked for, plus jitter so that its clients do not all return at
    /// that instant; nil if it would end at or after the deadline even without jitter.
    ///
    /// If the jitter's range does not fit before the deadline, the jitter is drawn from 0 to the
    /// time that is left. Without jitter the longer of the two waits is taken, or the upstream's if
    /// the client's own does not fit.
    private mutating func waitAsked(
        _ asked: Int64, from now: Int64, draw: (UInt64) -> UInt64
    ) -> Wait? {
        let earliest = now.addingSaturated(asked)
        guard earliest < deadline else { return nil }
        let room = deadline - 1 - earliest
        let envelope = backoff.envelope(retry: retries + 1, previous: previousDelay)
        var extra = envelope
        if policy.jitter == .none {
            let longer = max(0, envelope.upperBound - asked)
            extra = longer <= room ? longer...longer : 0...0
        } else if envelope.upperBound > room {
            extra = 0...room
        }
        let chosen = Backoff.pick(in: extra, draw: draw)
        previousDelay = policy.jitter == .none ? envelope.upperBound : chosen
        return Wait(
            reason: .retryAfter, until: earliest + chosen, lower: earliest + extra.lowerBound,
            upper: earliest + extra.upperBound, retry: retries + 1)
    }
}

/// The reason why no further attempt follows a failed one.
public enum GiveUpReason: String, Sendable, Hashable, CaseIterable {
    /// The policy's number of retries is used up (``RetryPolicy/retriesMax``).
    case retriesExhausted = "retries_exhausted"
    /// The policy's number of retries after a 429 is used up (``RetryPolicy/rateLimitRetriesMax``).
    case rateLimitRetriesExhausted = "rate_limit_retries_exhausted"
    /// Retries are disabled, or a repetition could take effect twice.
    case notRetryable = "not_retryable"
    /// The wait before the next attempt would end at or after the deadline.
    case deadline
}
