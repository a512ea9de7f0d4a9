import Testing

@testable import APIClient

@Suite struct RetryMachineTests {
    typealias Outcome = RetryMachine.AttemptEnd
    typealias Action = RetryMachine.Action

    static let ms: Int64 = 1_000_000
    static let second: Int64 = 1_000_000_000
    static let highest: @Sendable (UInt64) -> UInt64 = { $0 - 1 }
    static let lowest: @Sendable (UInt64) -> UInt64 = { _ in 0 }
    static let timeout = Outcome.failure(neverReachedUpstream: false)
    static let refused = Outcome.failure(neverReachedUpstream: true)

    static func status(_ status: Int, retryAfter: Int64? = nil) -> Outcome {
        .answer(status: status, retryAfter: retryAfter)
    }

    static func machine(
        _ policy: RetryPolicy = RetryPolicy(), isIdempotent: Bool = true,
        deadline: Int64 = 30 * second
    ) -> RetryMachine {
        RetryMachine(policy: policy, isIdempotent: isIdempotent, deadline: deadline)
    }

    static func backoff(_ until: Int64, lower: Int64, upper: Int64, retry: Int) -> Action {
        .wait(
            .init(
                reason: .backoff, until: until * ms, lower: lower * ms, upper: upper * ms,
                retry: retry))
    }

    static func asked(_ until: Int64, lower: Int64, upper: Int64, retry: Int = 1) -> Action {
        .wait(
            .init(
                reason: .retryAfter, until: until * ms, lower: lower * ms, upper: upper * ms,
                retry: retry))
    }

    // MARK: What is retried

    @Test(
        "Of all statuses exactly 408, 429, 500, 502, 503 and 504 are retried", arguments: 100...599)
    func statuses(status: Int) {
        var machine = Self.machine()
        let action = machine.attemptEnded(Self.status(status), at: 0, draw: Self.highest)
        if [408, 429, 500, 502, 503, 504].contains(status) {
            #expect(action == Self.backoff(100, lower: 0, upper: 100, retry: 1))
            #expect(machine.retries == 1)
        } else {
            #expect(action == .deliver)
            #expect(machine.retries == 0)
        }
    }

    @Test(
        "Three retries and no more, each twice as far", arguments: [timeout, refused, status(503)])
    func threeRetries(outcome: Outcome) {
        var machine = Self.machine()
        let actions = (0..<4).map {
            machine.attemptEnded(outcome, at: $0 * Self.second, draw: Self.highest)
        }
        #expect(
            actions == [
                Self.backoff(100, lower: 0, upper: 100, retry: 1),
                Self.backoff(1200, lower: 1000, upper: 1200, retry: 2),
                Self.backoff(2400, lower: 2000, upper: 2400, retry: 3),
                .giveUp(.retriesExhausted),
            ])
        #expect(machine.retries == 3)
    }

    @Test("A success ends the retries") func success() {
        var machine = Self.machine()
        _ = machine.attemptEnded(Self.timeout, at: 0, draw: Self.lowest)
        #expect(machine.attemptEnded(Self.status(200), at: 1, draw: Self.lowest) == .deliver)
        #expect(machine.retries == 1)
    }

    @Test("Neither switched off nor with 0 retries is anything tried again") func none() {
        var off = Self.machine(RetryPolicy(isEnabled: false))
        #expect(off.attemptEnded(Self.refused, at: 0, draw: Self.lowest) == .giveUp(.notRetryable))
        var zero = Self.machine(RetryPolicy(retriesMax: 0))
        #expect(
            zero.attemptEnded(Self.refused, at: 0, draw: Self.lowest) == .giveUp(.retriesExhausted))
        var delivered = Self.machine(RetryPolicy(isEnabled: false))
        #expect(delivered.attemptEnded(Self.status(404), at: 0, draw: Self.lowest) == .deliver)
    }

    @Test(
        "A request that is not idempotent is retried only where it cannot have taken effect",
        arguments: [
            (timeout, false), (refused, true), (status(408), false), (status(429), false),
            (status(500), false), (status(503, retryAfter: 0), false), (status(504), false),
        ])
    func unsafeMethods(outcome: Outcome, isRetried: Bool) {
        var machine = Self.machine(isIdempotent: false)
        let action = machine.attemptEnded(outcome, at: 0, draw: Self.highest)
        let wait = Self.backoff(100, lower: 0, upper: 100, retry: 1)
        #expect(action == (isRetried ? wait : .giveUp(.notRetryable)))

        var bold = Self.machine(RetryPolicy(retriesUnsafeMethods: true), isIdempotent: false)
        guard case .wait = bold.attemptEnded(outcome, at: 0, draw: Self.highest) else {
            Issue.record("configured to retry")
            return
        }
    }

    @Test("At most one retry follows a 429; it counts among the retries too") func rateLimit() {
        var machine = Self.machine()
        for outcome in [Self.status(503), Self.status(429), Self.status(503)] {
            guard case .wait = machine.attemptEnded(outcome, at: 0, draw: Self.lowest) else {
                Issue.record("no retry after \(outcome)")
                return
            }
        }
        #expect(machine.retries == 3)
        #expect(
            machine.attemptEnded(Self.status(503), at: 0, draw: Self.lowest)
                == .giveUp(.retriesExhausted))
    }

    @Test("A second 429 gives up, wherever it comes", arguments: [0, 1])
    func secondRateLimit(between: Int) {
        var machine = Self.machine()
        _ = machine.attemptEnded(Self.status(429), at: 0, draw: Self.lowest)
        for _ in 0..<between { _ = machine.attemptEnded(Self.timeout, at: 0, draw: Self.lowest) }
        #expect(
            machine.attemptEnded(Self.status(429, retryAfter: 1), at: 0, draw: Self.lowest)
                == .giveUp(.rateLimitRetriesExhausted))
        #expect(machine.retries == 1 + between)
    }

    @Test("The number of 429 retries is the policy's, 0 too", arguments: 0...3)
    func rateLimitRetries(allowed: Int) {
        var machine = Self.machine(RetryPolicy(retriesMax: 5, rateLimitRetriesMax: allowed))
        for _ in 0..<allowed {
            guard case .wait = machine.attemptEnded(Self.status(429), at: 0, draw: Self.lowest)
            else {
                Issue.record("gave up early")
                return
            }
        }
        #expect(
            machine.attemptEnded(Self.status(429), at: 0, draw: Self.lowest)
                == .giveUp(.rateLimitRetriesExhausted))
    }

    // MARK: Retry-After

    @Test(
        "Retry-After is never early: jitter comes on top, by its own bounds",
        arguments: [
            (.full, 2000, 2100), (.equal, 2050, 2100), (.decorrelated, 2100, 2300),
        ] as [(Jitter, Int64, Int64)], [429, 503])
    func retryAfter(expected: (jitter: Jitter, lower: Int64, upper: Int64), status: Int) {
        for (draw, until) in [(Self.lowest, expected.lower), (Self.highest, expected.upper)] {
            var machine = Self.machine(RetryPolicy(jitter: expected.jitter))
            let outcome = Self.status(status, retryAfter: Self.second)
            let action = machine.attemptEnded(outcome, at: Self.second, draw: draw)
            #expect(action == Self.asked(until, lower: expected.lower, upper: expected.upper))
        }
    }

    @Test(
        "Without jitter the longer of Retry-After and backoff counts",
        arguments: [(0, 100), (99, 100), (100, 100), (101, 101), (4000, 4000)] as [(Int64, Int64)])
    func withoutJitter(retryAfter: Int64, wait: Int64) {
        var machine = Self.machine(RetryPolicy(jitter: .none))
        let outcome = Self.status(503, retryAfter: retryAfter * Self.ms)
        #expect(
            machine.attemptEnded(outcome, at: 0, draw: Self.lowest)
                == Self.asked(wait, lower: wait, upper: wait))
    }

    @Test("Only 429 and 503 are asked for Retry-After", arguments: [408, 500, 502, 504])
    func otherStatuses(status: Int) {
        var machine = Self.machine()
        let outcome = Self.status(status, retryAfter: Self.second)
        #expect(
            machine.attemptEnded(outcome, at: 0, draw: Self.highest)
                == Self.backoff(100, lower: 0, upper: 100, retry: 1))
    }

    @Test("Retry-After 0 still spreads the retries") func zero() {
        var machine = Self.machine()
        #expect(
            machine.attemptEnded(Self.status(429, retryAfter: 0), at: 0, draw: Self.highest)
                == Self.asked(100, lower: 0, upper: 100))
    }

    @Test("A Retry-After that ends at or after the deadline fails now", arguments: Jitter.allCases)
    func pastTheDeadline(jitter: Jitter) {
        for extra in [0, 1, Self.second, RetryAfter.longest, Int64.max - 30 * Self.second] {
            var machine = Self.machine(RetryPolicy(jitter: jitter))
            let outcome = Self.status(429, retryAfter: 29 * Self.second + extra)
            #expect(
                machine.attemptEnded(outcome, at: Self.second, draw: Self.lowest)
                    == .giveUp(.deadline))
            #expect(machine.retries == 0)
        }
    }

    @Test(
        "A Retry-After that fits never fails for its jitter",
        arguments: [Jitter.full, .equal, .decorrelated], [1, 2, 1000, 40 * ms, 99 * ms] as [Int64])
    func jitterGivesWay(jitter: Jitter, left: Int64) {
        for (draw, expected) in [(Self.lowest, Int64(0)), (Self.highest, left - 1)] {
            var machine = Self.machine(RetryPolicy(jitter: jitter))
            let outcome = Self.status(503, retryAfter: 30 * Self.second - left)
            let earliest = 30 * Self.second - left
            #expect(
                machine.attemptEnded(outcome, at: 0, draw: draw)
                    == .wait(
                        .init(
                            reason: .retryAfter, until: earliest + expected, lower: earliest,
                            upper: 30 * Self.second - 1, retry: 1)))
        }
    }

    @Test("Without jitter a backoff that does not fit gives way to a Retry-After that does")
    func backoffGivesWay() {
        var machine = Self.machine(RetryPolicy(jitter: .none), deadline: 100 * Self.ms)
        #expect(
            machine.attemptEnded(
                Self.status(503, retryAfter: 30 * Self.ms), at: 0, draw: Self.lowest)
                == Self.asked(30, lower: 30, upper: 30))
        var fits = Self.machine(RetryPolicy(jitter: .none), deadline: 100 * Self.ms + 1)
        #expect(
            fits.attemptEnded(Self.status(503, retryAfter: 30 * Self.ms), at: 0, draw: Self.lowest)
                == Self.asked(100, lower: 100, upper: 100))
    }

    // MARK: The deadline

    @Test(
        "A backoff that would end at or after the deadline fails now",
        arguments: [(0, false), (1, true), (100, true)] as [(Int64, Bool)])
    func backoffPastTheDeadline(left: Int64, isRetried: Bool) {
        var machine = Self.machine(deadline: 100 * Self.ms + left)
        let action = machine.attemptEnded(Self.timeout, at: 0, draw: Self.highest)
        #expect(
            action
                == (isRetried
                    ? Self.backoff(100, lower: 0, upper: 100, retry: 1) : .giveUp(.deadline)))
    }

    @Test("At the deadline nothing is tried again, not even at once")
    func atTheDeadline() {
        for outcome in [Self.timeout, Self.status(503, retryAfter: 0), Self.status(500)] {
            for now in [30 * Self.second, 31 * Self.second] {
                var machine = Self.machine()
                #expect(
                    machine.attemptEnded(outcome, at: now, draw: Self.lowest) == .giveUp(.deadline))
            }
        }
        var machine = Self.machine()
        #expect(
            machine.attemptEnded(Self.status(200), at: 31 * Self.second, draw: Self.lowest)
                == .deliver)
    }

    @Test("The other reasons to give up come before the deadline") func reasonsInOrder() {
        var exhausted = Self.machine(RetryPolicy(retriesMax: 0), deadline: 0)
        #expect(
            exhausted.attemptEnded(Self.timeout, at: 0, draw: Self.lowest)
                == .giveUp(.retriesExhausted))
        var unsafeMethod = Self.machine(isIdempotent: false, deadline: 0)
        #expect(
            unsafeMethod.attemptEnded(Self.timeout, at: 0, draw: Self.lowest)
                == .giveUp(.notRetryable))
    }

    @Test("The names of reasons are those of traces") func names() {
        #expect(
            RetryMachine.Reason.rateLimitRetriesExhausted.rawValue == "rate_limit_retries_exhausted"
        )
        #expect(RetryMachine.Reason.retriesExhausted.rawValue == "retries_exhausted")
        #expect(RetryMachine.Reason.notRetryable.rawValue == "not_retryable")
        #expect(RetryMachine.Reason.deadline.rawValue == "deadline")
        #expect(RetryMachine.Wait.Reason.retryAfter.rawValue == "retry_after")
        #expect(RetryMachine.Wait.Reason.backoff.rawValue == "backoff")
    }
}
