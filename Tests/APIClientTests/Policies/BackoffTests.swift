import KeyedChance
import Testing

@testable import APIClient

@Suite struct BackoffTests {
    private static let millisecond: Int64 = 1_000_000

    private static func backoff(
        _ jitter: Jitter, base: Duration = .milliseconds(100), max: Duration = .seconds(5)
    ) -> Backoff {
        Backoff(RetryPolicy(delayBase: base, delayMax: max, jitter: jitter))
    }

    private static let lowest: @Sendable (UInt64) -> UInt64 = { _ in 0 }
    private static let highest: @Sendable (UInt64) -> UInt64 = { $0 - 1 }

    @Test(
        "Without jitter the delay doubles from the base to the cap",
        arguments: [
            (1, 100), (2, 200), (3, 400), (4, 800), (5, 1600), (6, 3200), (7, 5000), (8, 5000),
            (63, 5000), (64, 5000), (65, 5000), (2000, 5000), (Int.max, 5000),
        ] as [(Int, Int64)])
    func doubles(retry: Int, milliseconds: Int64) {
        let delay = Self.backoff(.none).delay(retry: retry, previous: nil) { _ in
            Issue.record("nothing to draw")
            return 0
        }
        let expected = milliseconds * Self.millisecond
        #expect(delay == .init(value: expected, lower: expected, upper: expected))
    }

    @Test(
        "Each jitter draws from exactly its bounds, both ends included",
        arguments: [
            (.full, 1, nil, 0, 100), (.full, 4, nil, 0, 800), (.full, 2000, nil, 0, 5000),
            (.equal, 1, nil, 50, 100), (.equal, 4, nil, 400, 800), (.equal, 2000, nil, 2500, 5000),
            (.decorrelated, 1, nil, 100, 300), (.decorrelated, 2, 100, 100, 300),
            (.decorrelated, 2, 250, 100, 750), (.decorrelated, 9, 1700, 100, 5000),
            (.decorrelated, 2000, 5000, 100, 5000), (.decorrelated, 2, 3, 100, 300),
        ] as [(Jitter, Int, Int64?, Int64, Int64)])
    func bounds(jitter: Jitter, retry: Int, previous: Int64?, lower: Int64, upper: Int64) {
        let backoff = Self.backoff(jitter)
        let previous = previous.map { $0 * Self.millisecond }
        let (lower, upper) = (lower * Self.millisecond, upper * Self.millisecond)
        let least = backoff.delay(retry: retry, previous: previous, draw: Self.lowest)
        let most = backoff.delay(retry: retry, previous: previous, draw: Self.highest)
        #expect(least == .init(value: lower, lower: lower, upper: upper))
        #expect(most == .init(value: upper, lower: lower, upper: upper))
    }

    @Test("An odd delay's half is rounded down") func oddHalf() {
        let backoff = Self.backoff(.equal, base: .nanoseconds(7))
        #expect(backoff.envelope(retry: 1, previous: nil) == 3...7)
    }

    @Test(
        "At the cap, after 2 000 failures too, the delay varies and never exceeds the cap",
        arguments: [Jitter.full, .equal, .decorrelated])
    func variesAtTheCap(jitter: Jitter) {
        let backoff = Self.backoff(jitter)
        let cap = 5000 * Self.millisecond
        var chance = Chance(seed: 1, stream: .init("backoff"))
        var previous: Int64?
        var late: Set<Int64> = []
        var aboveHalf = 0
        for retry in 1...4000 {
            let delay = backoff.delay(retry: retry, previous: previous) { chance.below($0) }
            #expect(delay.lower <= delay.value && delay.value <= delay.upper && delay.upper <= cap)
            previous = delay.value
            if retry > 2000 {
                late.insert(delay.value)
                if delay.value > cap / 2 { aboveHalf += 1 }
            }
        }
        #expect(late.count > 1990, "nanoseconds rarely repeat in 2 000 draws")
        // Not piled up on the cap, nor far below it.
        #expect(!late.contains(cap))
        #expect(aboveHalf > (jitter == .decorrelated ? 600 : 900))
    }

    @Test(
        "Durations as large as Int64, and larger, overflow nowhere",
        arguments: Jitter.allCases, [1, 2, 62, 63, 64, 65, 2000, Int.max])
    func huge(jitter: Jitter, retry: Int) {
        for (base, cap) in [
            (Duration.nanoseconds(1), Duration.nanoseconds(Int64.max)),
            (.nanoseconds(Int64.max), .nanoseconds(Int64.max)),
            (.seconds(Int64.max), .seconds(Int64.max)), (.nanoseconds(3), .seconds(Int64.max)),
        ] {
            let backoff = Self.backoff(jitter, base: base, max: cap)
            for previous in [nil, 1, Int64.max / 3 + 1, Int64.max] {
                for draw in [Self.lowest, Self.highest] {
                    let delay = backoff.delay(retry: retry, previous: previous, draw: draw)
                    #expect(0 <= delay.lower && delay.lower <= delay.value)
                    #expect(delay.value <= delay.upper)
                }
            }
        }
        let doubled = Self.backoff(.none, base: .nanoseconds(1), max: .seconds(Int64.max))
        let expected = retry <= 63 ? Int64(1) << Int64(retry - 1) : .max
        #expect(doubled.envelope(retry: retry, previous: nil) == expected...expected)
    }

    @Test("A cap that was set below the base afterwards still holds", arguments: Jitter.allCases)
    func capBelowBase(jitter: Jitter) {
        var policy = RetryPolicy(jitter: jitter)
        policy.delayMax = .milliseconds(1)
        let envelope = Backoff(policy).envelope(retry: 3, previous: 7_000_000)
        #expect(envelope.upperBound == Self.millisecond)
    }

    @Test("A base below one nanosecond counts as one") func tinyBase() {
        let backoff = Self.backoff(.none, base: Duration(attoseconds: 1), max: .seconds(1))
        #expect(backoff.envelope(retry: 3, previous: nil) == 4...4)
    }

    @Test("A full range is drawn evenly") func evenly() {
        let backoff = Self.backoff(.full, base: .nanoseconds(4), max: .nanoseconds(4))
        var chance = Chance(seed: 9, stream: .init("backoff"))
        var counts = [Int](repeating: 0, count: 5)
        for _ in 0..<50_000 {
            counts[Int(backoff.delay(retry: 1, previous: nil) { chance.below($0) }.value)] += 1
        }
        for count in counts { #expect(abs(count - 10_000) < 500) }
    }
}

@Suite struct SaturatingTests {
    @Test(
        "A duration becomes whole nanoseconds, cut towards zero, or the end of the range",
        arguments: [
            (.zero, 0), (.seconds(5), 5_000_000_000), (.nanoseconds(Int64.max), .max),
            (.nanoseconds(Int64.min), .min), (.seconds(Int64.max), .max),
            (.seconds(Int64.min), .min), (.nanoseconds(Int64.max) + .nanoseconds(1), .max),
            (Duration(attoseconds: 1_999_999_999), 1), (Duration(attoseconds: -1_999_999_999), -1),
        ] as [(Duration, Int64)])
    func nanoseconds(duration: Duration, expected: Int64) {
        #expect(duration.nanoseconds == expected)
    }

    @Test func sumsAndProductsStopAtTheEndsOfTheRange() {
        #expect(Int64.max.addingSaturated(1) == .max)
        #expect(Int64.min.addingSaturated(-1) == .min)
        #expect(Int64(2).addingSaturated(3) == 5)
        #expect(Int64.max.multipliedSaturated(by: 2) == .max)
        #expect(Int64.max.multipliedSaturated(by: -2) == .min)
        #expect(Int64.min.multipliedSaturated(by: -1) == .max)
        #expect(Int64(-4).multipliedSaturated(by: 3) == -12)
    }
}
