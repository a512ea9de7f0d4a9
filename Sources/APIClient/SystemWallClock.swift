#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The machine's time of day, for production.
public struct SystemWallClock: WallClock {
    /// Makes a clock that reads the machine's time.
    public init() {}

    /// Nanoseconds since 1970-01-01T00:00:00Z, precise to about a microsecond.
    public var now: Int64 { Int64(Date().timeIntervalSince1970 * 1e9) }
}
