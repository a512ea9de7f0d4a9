/// How long a flight really took. Shown to people and in the wall-clock fields of reports; nothing that a
/// flight in virtual time decides depends on it. A live flight lives in it.
enum WallTime {
    static var now: ContinuousClock.Instant { .now }

    static func seconds(since start: ContinuousClock.Instant) -> Double {
        Double(nanoseconds(from: start, to: .now)) * 1e-9
    }

    static func nanoseconds(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant)
        -> Int64
    {
        let passed = start.duration(to: end).components
        return passed.seconds * 1_000_000_000 + passed.attoseconds / 1_000_000_000
    }
}
