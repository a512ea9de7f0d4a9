/// How long a flight really took. Shown to people and in the wall-clock fields of reports; nothing that a
/// flight in virtual time decides depends on it. A live flight lives in it.
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
