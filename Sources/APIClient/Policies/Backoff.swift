/// The delay before the next attempt of a request: exponential backoff with jitter (see
/// ``Jitter``).
///
/// All arithmetic is on integers, so that the same draw gives the same delay on every machine.
struct Backoff: Hashable {
    /// A delay, and the range that it was drawn from, both ends included. Nanoseconds.
    struct Delay: Hashable {
        var value, lower, upper: Int64
    }

    private let base: Int64
    private let cap: Int64
    private let jitter: Jitter

    init(_ policy: RetryPolicy) {
        // The cap also holds if it was set below the base after the policy was made.
        cap = max(1, policy.delayMax.nanoseconds)
        base = min(cap, max(1, policy.delayBase.nanoseconds))
        jitter = policy.jitter
    }

    /// Draws the delay before a retry.
    ///
    /// - Parameters:
    ///   - retry: the number of the retry, from 1.
    ///   - previous: the previous delay in nanoseconds; nil before the first retry. Only
    ///     decorrelated jitter uses it.
    ///   - draw: returns a number in `0..<bound` for a bound, each equally likely.
    /// - Returns: a delay from the retry's envelope, each nanosecond equally likely.
    func delay(retry: Int, previous: Int64?, draw: (UInt64) -> UInt64) -> Delay {
        let envelope = envelope(retry: retry, previous: previous)
        return Delay(
            value: Self.pick(in: envelope, draw: draw),
            lower: envelope.lowerBound, upper: envelope.upperBound)
    }

    /// The range that a delay is drawn from. It never exceeds the cap.
    ///
    /// The cap limits the range, not the drawn value. Otherwise the late retries of all clients
    /// would accumulate at the cap itself.
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
            // A previous delay that a deadline has cut below the base does not narrow the range.
            return base...min(cap, max(base, previous ?? base).multipliedSaturated(by: 3))
        }
    }

    /// A number in `range`, each equally likely. Nothing is drawn if the range has one element.
    static func pick(in range: ClosedRange<Int64>, draw: (UInt64) -> UInt64) -> Int64 {
        // No range starts below 0, so neither the width nor the sum can overflow.
        let bound = UInt64(range.upperBound - range.lowerBound) + 1
        if bound == 1 { return range.lowerBound }
        let drawn = draw(bound)
        precondition(drawn < bound, "draw(\(bound)) gave \(drawn)")
        return range.lowerBound + Int64(drawn)
    }

    /// The base, doubled for each retry after the first, at most the cap.
    private func doubled(_ retry: Int) -> Int64 {
        let doublings = retry - 1
        // Compared before the shift: `base << doublings` may not fit.
        if doublings >= Int64.bitWidth - 1 || base > cap >> Int64(doublings) { return cap }
        return base << Int64(doublings)
    }
}
