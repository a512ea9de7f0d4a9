/// How long a flight really took. Shown to people and in the wall-clock fields of reports; nothing
/// that a flight decides depends on it.
enum WallTime {
    static var now: ContinuousClock.Instant { .now }

    static func seconds(since start: ContinuousClock.Instant) -> Double {
        let passed = start.duration(to: .now).components
        return Double(passed.seconds) + Double(passed.attoseconds) * 1e-18
    }
}
