/// How long a request waits before its next attempt, by policy and chance.
///
/// Integers throughout, so that the same chance gives the same delay on every machine.
struct Backoff: Hashable {
    /// A delay and the envelope it was drawn from, both ends included. Nanoseconds.
    struct Delay: Hashable {
        var value, lower, upper: Int64
    }

    private let base: Int64
    private let cap: Int64
    private let jitter: Jitter

    init(_ policy: RetryPolicy) {
        // The cap is the promise: it also holds where somebody set it below the base afterwards.
        cap = max(1, policy.delayMax.nanoseconds)
        base = min(cap, max(1, policy.delayBase.nanoseconds))
        jitter = policy.jitter
    }

    /// The delay before a retry.
    ///
    /// - Parameters:
    ///   - retry: 1 for the first retry.
    ///   - previous: the delay before this one in nanoseconds, `nil` at the first. Only decorrelated
    ///     jitter looks at it.
    ///   - draw: answers a bound with a number in `0..<bound`, each equally likely.
    /// - Returns: a delay from the retry's envelope, each nanosecond of it equally likely.
    func delay(retry: Int, previous: Int64?, draw: (UInt64) -> UInt64) -> Delay {
        let envelope = envelope(retry: retry, previous: previous)
        return Delay(
            value: Self.pick(in: envelope, draw: draw),
            lower: envelope.lowerBound, upper: envelope.upperBound)
    }

    /// What a delay is drawn from: never above the cap, and at the cap as wide as before it.
    ///
    /// The cap goes into the bounds. To draw first and cap the result would pile the late retries
    /// of all clients up on the cap itself.
    func envelope(retry: Int, previous: Int64?) -> ClosedRange<Int64> {
        precondition(retry >= 1, "retries count from 1")
        switch jitter {
        case .none:
            let delay = doubled(retry)
            return delay...delay
        case .full:
            return 0...doubled(retry)
        case .equal:
            let delay = doubled(retry)
            return delay / 2...delay
        case .decorrelated:
            // A delay that a deadline has cut below the base does not narrow the next one.
            return base...min(cap, max(base, previous ?? base).multipliedSaturated(by: 3))
        }
    }

    /// A number in `range`, each equally likely; draws nothing where there is no choice.
    static func pick(in range: ClosedRange<Int64>, draw: (UInt64) -> UInt64) -> Int64 {
        // No range here starts below 0, so neither the width nor the sum can overflow.
        let bound = UInt64(range.upperBound - range.lowerBound) + 1
        if bound == 1 { return range.lowerBound }
        let drawn = draw(bound)
        precondition(drawn < bound, "draw(\(bound)) gave \(drawn)")
        return range.lowerBound + Int64(drawn)
    }

    /// The base, doubled for each retry after the first, up to the cap.
    private func doubled(_ retry: Int) -> Int64 {
        let doublings = retry - 1
        // Compared before the shift: `base << doublings` may not fit.
        if doublings >= Int64.bitWidth - 1 || base > cap >> Int64(doublings) { return cap }
        return base << Int64(doublings)
    }
}
