/// The number of attempts that ended in the last 60 s, and how many of them failed.
///
/// There are 60 buckets of 1 s; the newest one contains `now`. So a result counts for at least 59 s
/// and at most 60 s. Nothing is allocated, and running totals are kept, so reading them is free.
struct FailureWindow: Sendable {
    private static let length: Int64 = 60
    private static let bucketWidth: Int64 = 1_000_000_000

    private struct Bucket {
        var failures: UInt32 = 0
        var total: UInt32 = 0
    }

    /// Bucket number b is stored at index `b % 60`.
    private var buckets = InlineArray<60, Bucket>(repeating: Bucket())
    /// The number of the newest bucket. Buckets 60 or more before it are no longer in the totals.
    private var newest: Int64 = 0

    /// The number of failures in the window, as of the last call of `advance` or `record`.
    private(set) var failures = 0
    /// The number of results in the window, as of the last call of `advance` or `record`.
    private(set) var total = 0

    /// Records a result.
    ///
    /// - Parameters:
    ///   - isFailure: whether the result counts as a failure, or in the total only.
    ///   - now: the instant in nanoseconds, 0 or more. It may be earlier than the newest one if the
    ///     caller read the clock and then waited for a lock. It is then counted in its own bucket,
    ///     or not at all if the window has moved past it.
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

    /// Moves the window so that it ends at `now`, and drops older results.
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

    /// Drops all results.
    mutating func clear() {
        // Totals of zero mean empty buckets, so moving the window of an idle client costs nothing.
        if total == 0 { return }
        buckets = InlineArray(repeating: Bucket())
        failures = 0
        total = 0
    }
}
