public import KeyedChance

/// So many requests in a time.
public struct RequestRate: Sendable, Hashable {
    /// Requests in `per`. 0 only at an end of a ramp.
    public let count: UInt64
    /// Nanoseconds: 1 s or 1 min, times a power of ten where the rate is written with decimals.
    public let per: Int64

    /// The highest rate, in requests a second.
    public static let perSecondMax: UInt64 = 10_000_000
    private static let second: Int64 = 1_000_000_000

    /// - Parameters:
    ///   - count: requests; at most 10 million a second.
    ///   - per: nanoseconds: 1 s or 1 min, times a power of ten.
    public init(count: UInt64, per: Int64) { (self.count, self.per) = (count, per) }

    /// So many requests a second.
    /// - Parameter count: at most 10 million.
    /// - Returns: `count` in 1 s.
    public static func perSecond(_ count: UInt64) -> RequestRate {
        precondition(count <= perSecondMax, "a rate is at most 10 million a second")
        return RequestRate(count: count, per: second)
    }

    /// So many requests a minute.
    /// - Parameter count: at most 600 million.
    /// - Returns: `count` in 60 s.
    public static func perMinute(_ count: UInt64) -> RequestRate {
        precondition(count <= perSecondMax * 60, "a rate is at most 10 million a second")
        return RequestRate(count: count, per: 60 * second)
    }

    /// Requests a second, exactly.
    public var perSecond: Ratio { Ratio(count, of: UInt64(per / Self.second)) }
}
