#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The system's clocks, in nanoseconds.
enum MonotonicClock {
    /// The monotonic clock, with which the server stamps arrivals. It never goes back, and it stops
    /// while the machine sleeps.
    static var now: Int64 { read(CLOCK_MONOTONIC) }

    /// The wall clock: nanoseconds since 1970-01-01T00:00:00Z.
    static var wallClock: Int64 { read(CLOCK_REALTIME) }

    /// Blocks the thread for `nanoseconds`, or until a signal arrives.
    static func wait(_ nanoseconds: Int64) {
        guard nanoseconds > 0 else { return }
        var time = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        unsafe nanosleep(&time, nil)
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
