/// How many attempts ended, and how many of them failed, in the last 60 s.
///
/// 60 buckets of 1 s, the one that `now` falls in being the newest: a result counts for at least 59
/// and at most 60 s. Nothing is allocated; running totals make a question cost nothing.
struct FailureWindow: Sendable {
    private static let length: Int64 = 60
    private static let bucketWidth: Int64 = 1_000_000_000

    private struct Bucket {
        var failures: UInt32 = 0
        var total: UInt32 = 0
    }

    /// Bucket number b is at `b % 60`.
    private var buckets = InlineArray<60, Bucket>(repeating: Bucket())
    /// The newest bucket's number. All that lie 60 or more before it have left the totals.
    private var newest: Int64 = 0

    /// Failures in the window, as of the last call of `advance` or `record`.
    private(set) var failures = 0
    /// Results in the window, as of the last call of `advance` or `record`.
    private(set) var total = 0

    /// Enters a result.
    ///
    /// - Parameters:
    ///   - isFailure: whether it counts as a failure, or only in the total.
    ///   - now: nanoseconds, 0 or more. A caller that read the clock, then had to wait for its
    ///     turn, may come with an instant before the newest: it goes where it belongs, and nowhere
    ///     if the window has moved past it.
    mutating func record(isFailure: Bool, at now: Int64) {
        advance(to: now)
        let number = now / Self.bucketWidth
        guard number > newest - Self.length else { return }
        let slot = Int(number % Self.length)
        buckets[slot].total += 1
        total += 1
        if isFailure {
            buckets[slot].failures += 1
            failures += 1
        }
    }

    /// Lets go of what is older than the window that ends at `now`.
    mutating func advance(to now: Int64) {
        let number = now / Self.bucketWidth
        if number <= newest { return }
        if total == 0 || number - newest >= Self.length {
            clear()
        } else {
            for expired in newest + 1...number {
                let slot = Int(expired % Self.length)
                failures -= Int(buckets[slot].failures)
                total -= Int(buckets[slot].total)
                buckets[slot] = Bucket()
            }
        }
        newest = number
    }

    /// Forgets every result.
    mutating func clear() {
        // Empty totals mean empty buckets, so that an idle client's window costs nothing to move.
        if total == 0 { return }
        buckets = InlineArray(repeating: Bucket())
        failures = 0
        total = 0
    }
}
