/// Real elapsed time, for messages and for the wall-clock fields of reports. Nothing in a flight on virtual
/// time depends on it; a live flight runs on it.
enum WallTime {
    typealias Instant = ContinuousClock.Instant

    static var now: Instant { .now }

    static func seconds(since start: Instant) -> Double {
        Double(nanoseconds(from: start, to: .now)) * 1e-9
    }

    static func nanoseconds(from start: Instant, to end: Instant)
        -> Int64
    {
        let passed = start.duration(to: end).components
        return passed.seconds * 1_000_000_000 + passed.attoseconds / 1_000_000_000
    }
}
