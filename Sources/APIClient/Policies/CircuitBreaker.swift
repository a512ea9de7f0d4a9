/// Decides whether an attempt may be sent, by how the last ones fared.
///
/// Closed, it counts results over 60 s and opens when there are at least `failuresMin` failures and
/// they are more than half. Open, it refuses. From `openDuration` after the opening on it is half
/// open: one attempt at a time, the probe, goes through; its success closes, its failure opens
/// again.
///
/// Every permit is answered exactly once, by `record` or by `giveBack`. Instants are nanoseconds of
/// one monotonic clock, 0 or more.
public struct CircuitBreaker: Sendable {
    /// What the breaker does with attempts.
    public enum State: String, Sendable {
        /// Lets all through and counts.
        case closed
        /// Refuses all.
        case open
        /// Lets one probe through at a time.
        case halfOpen = "half_open"
    }

    /// The right to send one attempt.
    public struct Permit: Sendable, Hashable {
        /// Changes with every transition and every probe, so that a late answer is told from the
        /// answer that is waited for.
        public let generation: UInt64
        /// Whether a half-open breaker has given it.
        public let isProbe: Bool

        /// A permit of a breaker of your own.
        public init(generation: UInt64, isProbe: Bool) {
            (self.generation, self.isProbe) = (generation, isProbe)
        }
    }

    /// The answer to somebody who wants to send.
    public enum Admission: Sendable, Hashable {
        /// Send, and answer the permit.
        case permitted(Permit)
        /// Not now. `retryAt`: when an attempt may be possible at the earliest; while a probe is
        /// under way, the instant by which it has ended one way or the other.
        case refused(retryAt: Int64)
    }

    /// What an attempt says about the upstream's health.
    public enum Verdict: String, Sendable {
        /// It is well: any complete answer that is none of the below.
        case success
        /// It is not: no answer, or a 5xx.
        case failure
        /// Nothing, such as a 429 or a cancellation. Not counted.
        case neutral
    }

    /// A change of state.
    public struct Transition: Sendable, Hashable {
        /// Before it.
        public let from: State
        /// After it. Never the same as `from`.
        public let to: State
        /// The instant at which the policy says that it happened. Not later than the call that
        /// found out: a breaker has no timer, it is half open from when it was due.
        public let at: Int64
        /// The failures that it was judged by: the window's at an opening, the probe's own at a
        /// closing or re-opening, none when the time to probe has come.
        public let failures: Int
        /// The results that it was judged by.
        public let total: Int

        /// A change of state of a breaker of your own.
        ///
        /// - Parameters:
        ///   - from: before it.
        ///   - to: after it; another one.
        ///   - instant: when it happened, in nanoseconds.
        ///   - failures: the failures that it was judged by.
        ///   - total: the results that it was judged by.
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
        /// `probeStart` is `nil` while nobody holds the probe's permit. Valid transitions:
        /// `.closed` and `.open`, when the probe has ended.
        case halfOpen(probeStart: Int64?)
    }

    private let isEnabled: Bool
    private let failuresMin: Int
    private let openDuration: Int64
    private let probeTimeout: Int64
    private var phase = Phase.closed
    private var generation: UInt64 = 0
    private var window = FailureWindow()

    /// - Parameters:
    ///   - policy: when to open and for how long. Not enabled, it permits everything.
    ///   - probeTimeout: nanoseconds after which a probe that has not ended has failed, above 0.
    public init(policy: BreakerPolicy, probeTimeout: Int64) {
        precondition(probeTimeout > 0, "probeTimeout is above zero")
        isEnabled = policy.isEnabled
        failuresMin = policy.failuresMin
        openDuration = max(1, policy.openDuration.nanoseconds)
        self.probeTimeout = probeTimeout
    }

    /// The state as of the last call: an open breaker that is due for a probe says `.open` until
    /// somebody asks for a permit.
    public var state: State {
        switch phase {
        case .closed: .closed
        case .open: .open
        case .halfOpen: .halfOpen
        }
    }

    /// The right to send while it is closed, which takes no transition; nil: ask ``admit(at:)``.
    var permitWhileClosed: Permit? {
        if case .closed = phase { Permit(generation: generation, isProbe: false) } else { nil }
    }

    /// Asks for the right to send.
    ///
    /// - Returns: the answer, and the transitions that were due, oldest first: usually none, two
    ///   where a probe has hung for longer than its limit and a whole open spell.
    public mutating func admit(at now: Int64) -> (Admission, [Transition]) {
        if let permit = permitWhileClosed { return (.permitted(permit), []) }
        var transitions: [Transition] = []
        if case .halfOpen(let start?) = phase {
            // At exactly its limit an answer still counts, but has come before whoever asks.
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

    /// Tells how an attempt ended. A permit from before the last transition changes nothing.
    ///
    /// - Returns: the transition that this caused.
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
    /// A probe held for longer than its limit has failed all the same; whoever asks next is told.
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
        // Cleared here, not at the closing: between the two nothing is counted.
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
