/// A circuit breaker: decides whether an attempt may be sent, from the results of recent attempts.
///
/// Closed: it counts results over 60 s and opens when there are at least `failuresMin` failures and
/// they are more than half of the results. Open: it refuses all attempts. Half-open, from
/// `openDuration` after the opening: it admits one attempt at a time, the probe. A successful probe
/// closes the breaker, a failed one opens it again.
///
/// Each permit is ended exactly once, by `record` or by `giveBack`. Instants are nanoseconds of one
/// monotonic clock, 0 or more.
public struct CircuitBreaker: Sendable {
    /// The breaker's state.
    public enum State: String, Sendable {
        /// All attempts are admitted, and their results are counted.
        case closed
        /// All attempts are refused.
        case open
        /// One attempt at a time, the probe, is admitted.
        case halfOpen = "half_open"
    }

    /// The permission to send one attempt.
    public struct Permit: Sendable, Hashable {
        /// The breaker's generation. It changes with every transition and every probe, so that late
        /// results are recognised and ignored.
        public let generation: UInt64
        /// Whether the permit was given by a half-open breaker, so that its attempt is the probe.
        public let isProbe: Bool

        /// Makes a permit, for another breaker implementation.
        public init(generation: UInt64, isProbe: Bool) {
            (self.generation, self.isProbe) = (generation, isProbe)
        }
    }

    /// The answer to a request for permission to send.
    public enum Admission: Sendable, Hashable {
        /// The attempt may be sent. Its permit must be ended by `record` or `giveBack`.
        case permitted(Permit)
        /// The attempt must not be sent. `retryAt` is the earliest instant at which one may be
        /// admitted; while a probe is under way, the instant at which the probe times out.
        case refused(retryAt: Int64)
    }

    /// The result of an attempt as a statement about the upstream's health.
    public enum Verdict: String, Sendable {
        /// The upstream is healthy: any complete answer except 408, 429 and 5xx.
        case success
        /// The upstream is unhealthy: no complete answer, or a 5xx.
        case failure
        /// The result says nothing, such as 408, 429 or a cancellation. It is not counted.
        case neutral
    }

    /// A change of the breaker's state.
    public struct Transition: Sendable, Hashable {
        /// The state before the change.
        public let from: State
        /// The state after the change, always different from `from`.
        public let to: State
        /// The instant of the change according to the policy, in nanoseconds. It may be earlier
        /// than the call that detected it: the breaker has no timer.
        public let at: Int64
        /// The number of failures that caused the change: those in the window at an opening, those
        /// of the probe (0 or 1) when it closes or reopens, 0 when an open breaker becomes
        /// half-open.
        public let failures: Int
        /// The number of results that were evaluated, failures included.
        public let total: Int

        /// Makes a transition, for another breaker implementation.
        ///
        /// - Parameters:
        ///   - from: the state before the change.
        ///   - to: the state after the change, different from `from`.
        ///   - instant: the instant of the change, in nanoseconds.
        ///   - failures: the number of failures that caused the change. Defaults to 0.
        ///   - total: the number of results that were evaluated. Defaults to 0.
        public init(
            from: State, to: State, at instant: Int64, failures: Int = 0, total: Int = 0
        ) {
            self.from = from
            self.to = to
            at = instant
            self.failures = failures
            self.total = total
        }
    }

    private enum Phase {
        /// Valid transition: `.open`, when a failure is recorded.
        case closed
        /// Valid transition: `.halfOpen`, at `until`.
        case open(until: Int64)
        /// `probeStart` is nil while no probe is under way. Valid transitions: `.closed` and
        /// `.open`, when the probe has ended.
        case halfOpen(probeStart: Int64?)
    }

    private let isEnabled: Bool
    private let failuresMin: Int
    private let openDuration: Int64
    private let probeTimeout: Int64
    private var phase = Phase.closed
    private var generation: UInt64 = 0
    private var window = FailureWindow()

    /// Makes a closed breaker.
    /// - Parameters:
    ///   - policy: when to open and for how long. A disabled policy admits everything.
    ///   - probeTimeout: nanoseconds after which an unfinished probe counts as failed, above 0.
    public init(policy: BreakerPolicy, probeTimeout: Int64) {
        precondition(probeTimeout > 0, "probeTimeout is above zero")
        isEnabled = policy.isEnabled
        failuresMin = policy.failuresMin
        openDuration = max(1, policy.openDuration.nanoseconds)
        self.probeTimeout = probeTimeout
    }

    /// The state as of the last call. An open breaker stays `.open` after `openDuration` until the
    /// next call of ``admit(at:)``.
    public var state: State {
        switch phase {
        case .closed: .closed
        case .open: .open
        case .halfOpen: .halfOpen
        }
    }

    /// A permit if the breaker is closed, which takes no transition; nil: call ``admit(at:)``.
    var permitWhileClosed: Permit? {
        if case .closed = phase { Permit(generation: generation, isProbe: false) } else { nil }
    }

    /// Asks for the permission to send.
    ///
    /// - Returns: the answer, and the transitions that were due, oldest first. Usually there are
    ///   none; there are two if a probe has exceeded its limit by a whole `openDuration`.
    public mutating func admit(at now: Int64) -> (Admission, [Transition]) {
        if let permit = permitWhileClosed { return (.permitted(permit), []) }
        var transitions: [Transition] = []
        if case .halfOpen(let start?) = phase {
            // A result at exactly the limit still counts, but it must be recorded before this call.
            let limit = start.addingSaturated(probeTimeout)
            if now < limit { return (.refused(retryAt: limit), []) }
            transitions.append(open(at: limit, failures: 1, total: 1))
        }
        if case .open(let until) = phase {
            if now < until { return (.refused(retryAt: until), transitions) }
            transitions.append(
                move(to: .halfOpen(probeStart: nil), at: until, failures: 0, total: 0))
        }
        phase = .halfOpen(probeStart: now)
        generation &+= 1
        return (.permitted(Permit(generation: generation, isProbe: true)), transitions)
    }

    /// Reports the result of an attempt. A permit from before the last transition or probe has no
    /// effect.
    ///
    /// - Returns: the transition that the result caused; nil if the state stays the same.
    public mutating func record(
        _ verdict: Verdict, for permit: Permit, at now: Int64
    ) -> Transition? {
        guard isEnabled, permit.generation == generation else { return nil }
        switch phase {
        case .open:
            return nil
        case .halfOpen(let start):
            guard let start else { return nil }
            return recordProbe(verdict, start: start, at: now)
        case .closed:
            if verdict == .neutral { return nil }
            window.record(isFailure: verdict == .failure, at: now)
            guard verdict == .failure, window.failures >= failuresMin,
                2 * window.failures > window.total
            else { return nil }
            return open(at: now, failures: window.failures, total: window.total)
        }
    }

    /// Takes back the permit of an attempt that was cancelled or never sent.
    ///
    /// A probe that was held beyond its limit still counts as failed, at the next call of
    /// ``admit(at:)``.
    public mutating func giveBack(_ permit: Permit, at now: Int64) {
        guard permit.generation == generation, case .halfOpen(let start?) = phase,
            now <= start.addingSaturated(probeTimeout)
        else { return }
        phase = .halfOpen(probeStart: nil)
    }

    private mutating func recordProbe(
        _ verdict: Verdict, start: Int64, at now: Int64
    ) -> Transition? {
        let limit = start.addingSaturated(probeTimeout)
        if now > limit { return open(at: limit, failures: 1, total: 1) }
        switch verdict {
        case .success: return move(to: .closed, at: now, failures: 0, total: 1)
        case .failure: return open(at: now, failures: 1, total: 1)
        case .neutral:
            phase = .halfOpen(probeStart: nil)
            return nil
        }
    }

    private mutating func open(at instant: Int64, failures: Int, total: Int) -> Transition {
        // Cleared here and not at the closing: nothing is counted between the two.
        window.clear()
        let until = instant.addingSaturated(openDuration)
        return move(to: .open(until: until), at: instant, failures: failures, total: total)
    }

    private mutating func move(
        to next: Phase, at instant: Int64, failures: Int, total: Int
    ) -> Transition {
        let before = state
        phase = next
        generation &+= 1
        return Transition(from: before, to: state, at: instant, failures: failures, total: total)
    }
}
