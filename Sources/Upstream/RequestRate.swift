public import KeyedChance

/// A rate of requests: a number of requests in a period.
public struct RequestRate: Sendable, Hashable {
    /// The number of requests in `per`. 0 is allowed only at an end of a ramp.
    public let count: UInt64
    /// The period in nanoseconds: 1 s or 1 min, times a power of ten if the rate has decimals.
    public let per: Int64

    /// The highest allowed rate, in requests per second.
    public static let perSecondMax: UInt64 = 10_000_000
    private static let second: Int64 = 1_000_000_000

    /// Makes a rate.
    /// - Parameters:
    ///   - count: the number of requests, at most 10 million per second.
    ///   - per: the period in nanoseconds: 1 s or 1 min, times a power of ten.
    public init(count: UInt64, per: Int64) { (self.count, self.per) = (count, per) }

    /// Makes a rate per second.
    /// - Parameter count: the number of requests, at most 10 million.
    /// - Returns: `count` requests in 1 s.
    public static func perSecond(_ count: UInt64) -> RequestRate {
        precondition(count <= perSecondMax, "a rate is at most 10 million a second")
        return RequestRate(count: count, per: second)
    }

    /// Makes a rate per minute.
    /// - Parameter count: the number of requests, at most 600 million.
    /// - Returns: `count` requests in 60 s.
    public static func perMinute(_ count: UInt64) -> RequestRate {
        precondition(count <= perSecondMax * 60, "a rate is at most 10 million a second")
        return RequestRate(count: count, per: 60 * second)
    }

    /// The exact number of requests per second. `per` must be at least 1 s.
    public var perSecond: Ratio { Ratio(count, of: UInt64(per / Self.second)) }
}
