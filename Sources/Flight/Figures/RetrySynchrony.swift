import ScenarioFile

/// How much retries bunch together: the largest number of retries in 100 ms divided by the mean, over the
/// counted part of the flight. Instants never decrease, so one bin at a time is enough.
struct RetrySynchrony {
    private static let width: Int64 = 100_000_000

    private let start: Int64
    private let end: Int64
    private(set) var retries: UInt64 = 0
    /// The current bin: its end, and the retries in it.
    private var binEnd: Int64
    private var bin = (retries: UInt64(0), offenders: Offenders())
    private var fullest = (retries: UInt64(0), offenders: Offenders())

    init(_ scenario: Scenario) {
        start = scenario.warmup
        end = scenario.duration
        binEnd = start
    }

    /// Adds a retry that is sent at `now`.
    mutating func add(_ request: UInt64, at now: Int64) {
        guard now < end else { return }
        if now >= binEnd {
            closeBin()
            binEnd = start.addingSaturated(((now - start) / Self.width + 1) * Self.width)
        }
        retries += 1
        bin.retries += 1
        bin.offenders.add(request)
    }

    private mutating func closeBin() {
        if bin.retries > fullest.retries { fullest = bin }
        bin = (0, Offenders())
    }

    /// The peak divided by the mean, and the first requests of the peak; nil: no retries.
    var peakOverMean: (factor: Double, offenders: [UInt64])? {
        guard retries > 0 else { return nil }
        let peak = bin.retries > fullest.retries ? bin : fullest
        let bins = (end - start + Self.width - 1) / Self.width
        return (
            Double(peak.retries) * Double(bins) / Double(retries), peak.offenders.requests
        )
    }
}
