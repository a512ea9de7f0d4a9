#if canImport(Glibc)
    import Glibc

    /// The time of `ContinuousClock`, read as nanoseconds instead of a `Duration` of 128 bits. A
    /// request reads the time three times, which would otherwise cost as much as its breaker,
    /// limiter and retry policy together.
    struct SystemTimeSource: TimeSource {
        private let origin: Int64
        private let sleeper: ClockTimeSource<ContinuousClock>

        init(_ clock: ContinuousClock) {
            // The origin is read first, so that no sleep ends before its instant.
            origin = Self.reading
            sleeper = ClockTimeSource(clock)
        }

        /// The clock that `ContinuousClock` reads on Linux; it advances while the machine is
        /// suspended.
        private static var reading: Int64 {
            var time = timespec()
            unsafe clock_gettime(CLOCK_BOOTTIME, &time)
            return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
        }

        var now: Int64 { Self.reading &- origin }

        func sleep(
            until instant: Int64, kind: WaitKind, call: CallID, attempt: UInt32
        ) async throws(CancellationError) {
            try await sleeper.sleep(until: instant, kind: kind, call: call, attempt: attempt)
        }
    }
#else
    typealias SystemTimeSource = ClockTimeSource<ContinuousClock>
#endif
