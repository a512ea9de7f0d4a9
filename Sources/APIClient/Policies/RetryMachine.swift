/// Decides after each attempt of one request: deliver, wait for the next, or give up.
///
/// Never waits, draws or sends. The driver reports each attempt's end once; after `.wait` it waits
/// and sends the next attempt, after anything else the request has ended. A cancelled request is
/// simply not reported any more.
struct RetryMachine {
    /// How an attempt ended.
    enum AttemptEnd: Hashable {
        /// A complete answer. `retryAfter`: nanoseconds, where the field was there and valid.
        case answer(status: Int, retryAfter: Int64?)
        /// None: a timeout, a failed connection, a truncated or malformed answer. Whether it is
        /// certain that the upstream never saw the request.
        case failure(neverReachedUpstream: Bool)
    }

    enum Action: Hashable {
        /// The answer is final: a success, or a status that is not retried.
        case deliver
        case wait(Wait)
        case giveUp(Reason)
    }

    /// A wait before the next attempt. Instants in nanoseconds.
    struct Wait: Hashable {
        enum Reason: String, Hashable {
            case backoff
            case retryAfter = "retry_after"
        }

        var reason: Reason
        /// When the next attempt starts. In `lower...upper`, before the deadline.
        var until: Int64
        var lower: Int64
        var upper: Int64
        /// The retry that follows: 1 for the first.
        var retry: Int
    }

    typealias Reason = GiveUpReason

    private enum State {
        /// An attempt is wanted or under way. Valid transitions: itself, `.ended`.
        case attempting
        /// Terminal.
        case ended
    }

    /// What a policy comes to. Made once for many requests: a `Duration` is converted by a division
    /// of 128-bit numbers.
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

    /// Retries decided so far.
    private(set) var retries = 0

    /// - Parameters:
    ///   - policy: how often and how far apart.
    ///   - isIdempotent: by method, or by an `Idempotency-Key`.
    ///   - deadline: the instant at and after which no attempt starts, in nanoseconds.
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

    /// Whether the attempt under way ended in an answer that is not worth another, and the request with
    /// it; if not, it is to be reported. Nearly always so, and nothing has to be drawn for it.
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
    ///   - outcome: how.
    ///   - now: nanoseconds, 0 or more.
    ///   - draw: answers a bound with a number in `0..<bound`, each equally likely. Called at most
    ///     once.
    /// - Returns: what to do next.
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

    /// 408, 429, 500, 502, 503 and 504.
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

    /// Our own backoff; `nil` where it ends at or after the deadline.
    private mutating func waitBackoff(from now: Int64, draw: (UInt64) -> UInt64) -> Wait? {
        let delay = backoff.delay(retry: retries + 1, previous: previousDelay, draw: draw)
        previousDelay = delay.value
        let until = now.addingSaturated(delay.value)
        guard until < deadline else { return nil }
        return Wait(
            reason: .backoff, until: until, lower: now.addingSaturated(delay.lower),
            upper: now.addingSaturated(delay.upper), retry: retries + 1)
    }

    /// What the upstream asked for, and jitter on top so that not all its clients come back at that
    /// instant; `nil` where what it asked for ends at or after the deadline.
    ///
    /// The jitter gives way to the deadline: where not all of it fits, it is drawn from 0 to what
    /// is left. Without jitter the longer of both waits counts, or the upstream's where ours does
    /// not fit.
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

/// Why there is no further attempt after a failure that is worth one.
public enum GiveUpReason: String, Sendable, Hashable, CaseIterable {
    /// As many retries as the policy has.
    case retriesExhausted = "retries_exhausted"
    /// As many retries after a 429 as the policy has.
    case rateLimitRetriesExhausted = "rate_limit_retries_exhausted"
    /// Retries are off, or a repetition could take effect twice.
    case notRetryable = "not_retryable"
    /// A wait would end at or after the deadline.
    case deadline
}
