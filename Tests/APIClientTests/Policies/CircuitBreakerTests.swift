import Testing

@testable import APIClient

/// These tests use the defaults: 5 failures, 30 s open, and 5 s for a probe.
@Suite struct CircuitBreakerTests {
    typealias Transition = CircuitBreaker.Transition

    static let second: Int64 = 1_000_000_000

    static func breaker() -> CircuitBreaker {
        CircuitBreaker(policy: BreakerPolicy(), probeTimeout: 5 * second)
    }

    /// A breaker that five failures opened at `instant`.
    static func opened(at instant: Int64) throws -> CircuitBreaker {
        var breaker = breaker()
        for _ in 0..<5 { try breaker.attempt(.failure, at: instant) }
        #expect(breaker.state == .open)
        return breaker
    }

    /// A breaker that opened at 10 s and has had a probe under way since 40 s.
    static func probed() throws -> (CircuitBreaker, CircuitBreaker.Permit) {
        var breaker = try opened(at: 10 * second)
        let probe = try breaker.permit(at: 40 * second)
        #expect(probe.isProbe && breaker.state == .halfOpen)
        return (breaker, probe)
    }

    // MARK: Closed

    @Test("Opens at the fifth failure, not at the fourth") func threshold() throws {
        var breaker = Self.breaker()
        for _ in 0..<4 {
            #expect(try breaker.attempt(.failure, at: Self.second) == nil)
        }
        let transition = try breaker.attempt(.failure, at: 2 * Self.second)
        #expect(
            transition
                == Transition(from: .closed, to: .open, at: 2 * Self.second, failures: 5, total: 5))
    }

    @Test(
        "Opens when at least the threshold and more than half have failed, for every small case",
        arguments: 0...12, 0...12)
    func exhaustive(successes: Int, failures: Int) throws {
        var breaker = Self.breaker()
        for _ in 0..<successes { try breaker.attempt(.success, at: 0) }
        for failure in 1...13 {
            let transition = try breaker.attempt(.failure, at: Self.second)
            guard failure >= 5 && 2 * failure > successes + failure else {
                #expect(transition == nil && breaker.state == .closed)
                continue
            }
            #expect(transition?.failures == failure && transition?.total == successes + failure)
            break
        }
        #expect(breaker.state == .open)
    }

    @Test("Is judged when a failure is recorded, never when a success leaves the window")
    func judgedAtFailures() throws {
        var breaker = Self.breaker()
        for _ in 0..<5 { try breaker.attempt(.success, at: 0) }
        for _ in 0..<5 { try breaker.attempt(.failure, at: 30 * Self.second) }
        // 5 of 10 is not more than half. At 60 s the successes leave: 5 of 5.
        #expect(try breaker.attempt(.success, at: 61 * Self.second) == nil)
        #expect(breaker.state == .closed)
        #expect(try breaker.attempt(.failure, at: 61 * Self.second)?.total == 7)
    }

    @Test("Four failures, five idle minutes, one failure: stays closed") func idleMinutes() throws {
        var breaker = Self.breaker()
        for _ in 0..<4 { try breaker.attempt(.failure, at: 59 * Self.second) }
        #expect(try breaker.attempt(.failure, at: 359 * Self.second) == nil)
        #expect(breaker.state == .closed)
    }

    @Test(
        "Five failures count together within 60 buckets",
        arguments: [(59, true), (60, false), (61, false)] as [(Int64, Bool)])
    func windowLength(gap: Int64, opens: Bool) throws {
        var breaker = Self.breaker()
        for _ in 0..<4 { try breaker.attempt(.failure, at: 3 * Self.second) }
        try breaker.attempt(.failure, at: (3 + gap) * Self.second)
        #expect((breaker.state == .open) == opens)
    }

    @Test("Neutral results and returned permits count neither as failures nor in the total")
    func neutral() throws {
        var breaker = Self.breaker()
        for _ in 0..<4 { try breaker.attempt(.failure, at: 0) }
        for _ in 0..<100 {
            #expect(try breaker.attempt(.neutral, at: 0) == nil)
            breaker.giveBack(try breaker.permit(at: 0), at: 0)
        }
        #expect(breaker.state == .closed)
        #expect(try breaker.attempt(.failure, at: 0)?.total == 5)
    }

    @Test("Switched off, it permits everything whatever happens") func disabled() throws {
        var breaker = CircuitBreaker(
            policy: BreakerPolicy(isEnabled: false), probeTimeout: Self.second)
        for _ in 0..<1_000 { #expect(try breaker.attempt(.failure, at: 0) == nil) }
        #expect(breaker.state == .closed)
    }

    @Test("The policy's threshold and open time count", arguments: [1, 2, 7])
    func policy(failuresMin: Int) throws {
        var breaker = CircuitBreaker(
            policy: BreakerPolicy(failuresMin: failuresMin, openDuration: .milliseconds(1)),
            probeTimeout: Self.second)
        for _ in 1..<failuresMin { #expect(try breaker.attempt(.failure, at: 7) == nil) }
        #expect(try breaker.attempt(.failure, at: 7) != nil)
        #expect(breaker.admit(at: 1_000_006).0 == .refused(retryAt: 1_000_007))
        #expect(try breaker.permit(at: 1_000_007).isProbe)
    }

    // MARK: Open

    @Test("Open, it refuses all until 30 s after the opening") func refuses() throws {
        var breaker = try Self.opened(at: 10 * Self.second)
        for instant in [10 * Self.second, 25 * Self.second, 40 * Self.second - 1] {
            let (admission, transitions) = breaker.admit(at: instant)
            #expect(admission == .refused(retryAt: 40 * Self.second))
            #expect(transitions.isEmpty && breaker.state == .open)
        }
    }

    @Test(
        "From 30 s after the opening on it is half open, as of that instant",
        arguments: [40, 41, 4000] as [Int64])
    func halfOpens(instant: Int64) throws {
        var breaker = try Self.opened(at: 10 * Self.second)
        let (admission, transitions) = breaker.admit(at: instant * Self.second)
        guard case .permitted(let permit) = admission else {
            Issue.record("refused")
            return
        }
        #expect(permit.isProbe)
        #expect(
            transitions == [
                Transition(from: .open, to: .halfOpen, at: 40 * Self.second, failures: 0, total: 0)
            ])
    }

    // MARK: Half open

    @Test("Half open with 100 concurrent callers, exactly one probe goes through at a time")
    func oneProbe() throws {
        var breaker = try Self.opened(at: 10 * Self.second)
        for round in 0..<5 as Range<Int64> {
            let instant = (40 + round) * Self.second
            let admissions = (0..<100).map { _ in breaker.admit(at: instant).0 }
            let permits = admissions.compactMap { admission -> CircuitBreaker.Permit? in
                if case .permitted(let permit) = admission { permit } else { nil }
            }
            #expect(permits.count == 1)
            let refused = CircuitBreaker.Admission.refused(retryAt: instant + 5 * Self.second)
            #expect(admissions.count { $0 == refused } == 99)
            breaker.giveBack(permits[0], at: instant)
        }
    }

    @Test("One successful probe closes and clears the window") func closes() throws {
        var (breaker, probe) = try Self.probed()
        let transition = breaker.record(.success, for: probe, at: 41 * Self.second)
        #expect(
            transition
                == Transition(
                    from: .halfOpen, to: .closed, at: 41 * Self.second, failures: 0, total: 1))
        // Nothing of before counts: neither the five failures nor the probe.
        for _ in 0..<4 { #expect(try breaker.attempt(.failure, at: 41 * Self.second) == nil) }
        #expect(try breaker.attempt(.failure, at: 41 * Self.second)?.total == 5)
    }

    @Test("One failed probe opens again for another 30 s") func reopens() throws {
        var (breaker, probe) = try Self.probed()
        let transition = breaker.record(.failure, for: probe, at: 42 * Self.second)
        #expect(
            transition
                == Transition(
                    from: .halfOpen, to: .open, at: 42 * Self.second, failures: 1, total: 1))
        #expect(breaker.admit(at: 72 * Self.second - 1).0 == .refused(retryAt: 72 * Self.second))
        #expect(try breaker.permit(at: 72 * Self.second).isProbe)
    }

    @Test("A cancelled or ignored probe frees the permit for the next") func freed() throws {
        for isCancelled in [true, false] {
            var (breaker, probe) = try Self.probed()
            if isCancelled {
                breaker.giveBack(probe, at: 41 * Self.second)
            } else {
                #expect(breaker.record(.neutral, for: probe, at: 41 * Self.second) == nil)
            }
            #expect(breaker.state == .halfOpen)
            let (admission, transitions) = breaker.admit(at: 41 * Self.second)
            guard case .permitted(let next) = admission else {
                Issue.record("the permit is lost")
                return
            }
            #expect(next.isProbe && next != probe && transitions.isEmpty)
            // The first probe's owner has no say any more.
            #expect(breaker.record(.success, for: probe, at: 41 * Self.second) == nil)
            #expect(breaker.record(.failure, for: probe, at: 41 * Self.second) == nil)
            breaker.giveBack(probe, at: 41 * Self.second)
            #expect(breaker.state == .halfOpen)
            #expect(breaker.admit(at: 41 * Self.second).0 == .refused(retryAt: 46 * Self.second))
            #expect(breaker.record(.success, for: next, at: 42 * Self.second)?.to == .closed)
        }
    }

    @Test("A hung probe has failed at its limit, whenever somebody asks") func hung() throws {
        let reopening = Transition(
            from: .halfOpen, to: .open, at: 45 * Self.second, failures: 1, total: 1)
        let half = Transition(
            from: .open, to: .halfOpen, at: 75 * Self.second, failures: 0, total: 0)

        var (early, _) = try Self.probed()
        #expect(early.admit(at: 45 * Self.second - 1).0 == .refused(retryAt: 45 * Self.second))
        var (admission, transitions) = early.admit(at: 45 * Self.second)
        #expect(admission == .refused(retryAt: 75 * Self.second) && transitions == [reopening])
        (admission, transitions) = early.admit(at: 75 * Self.second)
        #expect(admission != .refused(retryAt: 75 * Self.second) && transitions == [half])

        var (late, probe) = try Self.probed()
        (admission, transitions) = late.admit(at: 10_000 * Self.second)
        #expect(transitions == [reopening, half])
        guard case .permitted(let next) = admission else {
            Issue.record("a hung probe blocks recovery")
            return
        }
        #expect(late.record(.failure, for: probe, at: 10_001 * Self.second) == nil)
        #expect(late.record(.success, for: next, at: 10_001 * Self.second)?.to == .closed)
    }

    @Test("A probe that ends after its limit has failed at the limit, however it ended")
    func lateProbe() throws {
        for verdict in [CircuitBreaker.Verdict.success, .failure, .neutral] {
            var (breaker, probe) = try Self.probed()
            let transition = breaker.record(verdict, for: probe, at: 45 * Self.second + 1)
            #expect(
                transition
                    == Transition(
                        from: .halfOpen, to: .open, at: 45 * Self.second, failures: 1, total: 1))
        }
        var (breaker, probe) = try Self.probed()
        breaker.giveBack(probe, at: 45 * Self.second + 1)
        #expect(breaker.admit(at: 46 * Self.second).0 == .refused(retryAt: 75 * Self.second))
    }

    @Test("An answer at exactly the limit wins") func answerAtTheLimit() throws {
        var (breaker, probe) = try Self.probed()
        #expect(breaker.record(.success, for: probe, at: 45 * Self.second)?.to == .closed)
    }

    // MARK: Late results

    @Test("A late result from before a transition changes nothing", arguments: 0..<4)
    func lateResults(phase: Int) throws {
        var breaker = Self.breaker()
        let old = try (0..<20).map { _ in try breaker.permit(at: 0) }
        for _ in 0..<5 { try breaker.attempt(.failure, at: 10 * Self.second) }
        var probe: CircuitBreaker.Permit?
        if phase >= 1 { probe = try breaker.permit(at: 40 * Self.second) }
        if phase == 2 {
            breaker.giveBack(try #require(probe), at: 40 * Self.second)
        } else if phase == 3 {
            #expect(
                breaker.record(.success, for: try #require(probe), at: 40 * Self.second) != nil)
        }
        let state = breaker.state
        #expect(state == [.open, .halfOpen, .halfOpen, .closed][phase])
        for (index, permit) in old.enumerated() {
            let verdict = [CircuitBreaker.Verdict.failure, .success, .neutral][index % 3]
            #expect(breaker.record(verdict, for: permit, at: 41 * Self.second) == nil)
            breaker.giveBack(permit, at: 41 * Self.second)
            #expect(breaker.state == state)
        }
        if phase == 1 {
            #expect(breaker.admit(at: 41 * Self.second).0 == .refused(retryAt: 45 * Self.second))
        }
        if phase == 3 {
            for _ in 0..<5 { try breaker.attempt(.failure, at: 41 * Self.second) }
            #expect(breaker.state == .open, "the old successes did not count either")
        }
    }

    @Test("A permit answered twice counts once, where it matters") func answeredTwice() throws {
        var (breaker, probe) = try Self.probed()
        #expect(breaker.record(.failure, for: probe, at: 41 * Self.second) != nil)
        #expect(breaker.record(.success, for: probe, at: 41 * Self.second) == nil)
        #expect(breaker.state == .open)
    }

    @Test("Instants at the end of time overflow nowhere") func endOfTime() throws {
        var breaker = try Self.opened(at: .max)
        #expect(try breaker.permit(at: .max).isProbe)
        #expect(breaker.admit(at: .max).1.first?.at == .max)
    }

    @Test("The states' names are those of traces and figures") func names() {
        #expect(CircuitBreaker.State.halfOpen.rawValue == "half_open")
        #expect(CircuitBreaker.State.closed.rawValue == "closed")
        #expect(CircuitBreaker.State.open.rawValue == "open")
    }
}

extension CircuitBreaker {
    mutating func permit(at now: Int64) throws -> Permit {
        let (admission, _) = admit(at: now)
        guard case .permitted(let permit) = admission else { throw Refused() }
        return permit
    }

    @discardableResult
    mutating func attempt(_ verdict: Verdict, at now: Int64) throws -> Transition? {
        record(verdict, for: try permit(at: now), at: now)
    }

    struct Refused: Error {}
}
