/// A token bucket. It is exact, because it counts whole fractions of a token.
struct TokenBucket {
    private let quota: Quota
    /// The capacity in fractions of a token: `rate.per` of them are one token, and `rate.count` are
    /// added each nanosecond.
    private let full: Int128
    private var level: Int128
    private var asOf: Int64 = 0

    init(_ quota: Quota) {
        self.quota = quota
        full = Int128(quota.burst) * Int128(quota.rate.per)
        level = full
    }

    private func level(at now: Int64) -> Int128 {
        min(full, level + Int128(max(0, now - asOf)) * Int128(quota.rate.count))
    }

    /// The number of whole tokens at `now`.
    func tokens(at now: Int64) -> UInt32 { UInt32(level(at: now) / Int128(quota.rate.per)) }

    /// Nanoseconds until there is a token; 0 if there is one.
    func wait(at now: Int64) -> Int64 { time(for: Int128(quota.rate.per) - level(at: now)) }

    /// Nanoseconds until the bucket is full after `taking` tokens have been taken.
    func untilFull(at now: Int64, taking: UInt32) -> Int64 {
        time(for: full - level(at: now) + Int128(taking) * Int128(quota.rate.per))
    }

    private func time(for missing: Int128) -> Int64 {
        guard missing > 0 else { return 0 }
        let count = Int128(max(1, quota.rate.count))
        return Int64(clamping: (missing + count - 1) / count)
    }

    /// Takes one token. There must be one.
    mutating func take(at now: Int64) {
        level = level(at: now) - Int128(quota.rate.per)
        asOf = now
    }
}
