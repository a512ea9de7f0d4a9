#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The machine's time of day. For production; a simulation brings its own.
public struct SystemWallClock: WallClock {
    public init() {}

    public var now: Int64 { Int64(Date().timeIntervalSince1970 * 1e9) }
}
