import KeyedChance
import Testing

@testable import APIClient

/// Runs whole requests against random outcomes and checks each wait against the rules.
@Suite struct RetryMachinePropertyTests {
    private static let second: Int64 = 1_000_000_000

    @Test(
        "Every wait is within its bounds, before the deadline and not before Retry-After",
        arguments: Jitter.allCases, 0..<25)
    func everyWait(jitter: Jitter, seed: Int) {
        var chance = Chance(seed: UInt64(seed), stream: .init("retry"))
        var reasons: Set<RetryMachine.Reason> = []
        for _ in 0..<400 {
            let policy = RetryPolicy(
                retriesMax: Int(chance.below(6)), rateLimitRetriesMax: Int(chance.below(3)),
                jitter: jitter)
            let deadline = chance.within(0...20 * Self.second)
            var machine = RetryMachine(
                policy: policy, isIdempotent: chance.below(4) != 0, deadline: deadline)
            var now: Int64 = 0
            var afterRateLimit = 0
            var waits = 0
            request: while true {
                now += chance.within(0...Self.second)
                let outcome = self.outcome(&chance)
                switch machine.attemptEnded(outcome, at: now, draw: { chance.below($0) }) {
                case .deliver:
                    #expect(outcome == .answer(status: 200, retryAfter: nil))
                    break request
                case .giveUp(let reason):
                    reasons.insert(reason)
                    break request
                case .wait(let wait):
                    waits += 1
                    if case .answer(status: 429, _) = outcome { afterRateLimit += 1 }
                    #expect(wait.retry == waits && machine.retries == waits)
                    #expect(wait.lower <= wait.until && wait.until <= wait.upper)
                    #expect(now <= wait.lower && wait.until < deadline)
                    check(wait, after: outcome, at: now)
                    now = wait.until
                }
            }
            #expect(waits <= policy.retriesMax && afterRateLimit <= policy.rateLimitRetriesMax)
        }
        #expect(
            reasons == [.retriesExhausted, .rateLimitRetriesExhausted, .notRetryable, .deadline],
            "the run exercised too little")
    }

    private func check(
        _ wait: RetryMachine.Wait, after outcome: RetryMachine.AttemptEnd, at now: Int64
    ) {
        let cap = 5 * Self.second
        if case .answer(let status, let retryAfter?) = outcome, status == 429 || status == 503 {
            #expect(wait.reason == .retryAfter)
            #expect(wait.lower >= now + retryAfter)
            #expect(wait.upper <= now + retryAfter + cap)
        } else {
            #expect(wait.reason == .backoff)
            #expect(wait.upper <= now + cap)
        }
    }

    private func outcome(_ chance: inout Chance) -> RetryMachine.AttemptEnd {
        switch chance.below(12) {
        case 0: return .answer(status: 200, retryAfter: nil)
        case 1...4: return .failure(neverReachedUpstream: chance.below(2) == 0)
        default:
            let status = [408, 429, 429, 429, 500, 502, 503, 504][Int(chance.below(8))]
            let retryAfter = chance.below(2) == 0 ? chance.within(0...8 * Self.second) : nil
            return .answer(status: status, retryAfter: retryAfter)
        }
    }

    @Test("The same outcomes, instants and draws give the same actions") func deterministic() {
        func run() -> [RetryMachine.Action] {
            var chance = Chance(seed: 4, stream: .init("retry"))
            var machine = RetryMachine(
                policy: RetryPolicy(retriesMax: 50, jitter: .decorrelated), isIdempotent: true,
                deadline: .max)
            return (0..<50).map {
                machine.attemptEnded(
                    .failure(neverReachedUpstream: false), at: $0 * Self.second
                ) { chance.below($0) }
            }
        }
        #expect(run() == run())
    }

    @Test("Decorrelated delays grow from the one before, also across a Retry-After")
    func decorrelated() {
        var chance = Chance(seed: 8, stream: .init("retry"))
        let base: Int64 = 100_000_000
        let cap = 5 * Self.second
        var machine = RetryMachine(
            policy: RetryPolicy(retriesMax: 3000, rateLimitRetriesMax: 3000, jitter: .decorrelated),
            isIdempotent: true, deadline: .max)
        var previous = base
        for round in 0..<3000 {
            let asked: Int64 = round % 3 == 0 ? Self.second : 0
            let outcome = RetryMachine.AttemptEnd.answer(
                status: 503, retryAfter: round % 3 == 0 ? asked : nil)
            guard
                case .wait(let wait) = machine.attemptEnded(
                    outcome, at: 0, draw: { chance.below($0) })
            else {
                Issue.record("gave up")
                return
            }
            #expect(wait.lower == asked + base)
            #expect(wait.upper == asked + min(cap, 3 * previous))
            previous = wait.until - asked
        }
    }
}
