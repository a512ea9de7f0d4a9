#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The machine's time of day. For production; a simulation brings its own.
public struct SystemWallClock: WallClock {
    /// The machine's clock.
    public init() {}

    /// Nanoseconds since 1970-01-01T00:00:00Z, to about a microsecond.
    public var now: Int64 { Int64(Date().timeIntervalSince1970 * 1e9) }
}
