/// Requests whose first attempt failed for a cause that passes, and what became of them.
struct Cohort {
    private(set) var requests: UInt64 = 0
    private(set) var saved: UInt64 = 0
    /// Those that the breaker refused at some time.
    private(set) var refused: UInt64 = 0
    private(set) var failures = Offenders()
    private(set) var refusals = Offenders()

    /// A request of it has ended; `isSaved` with a fresh success in time.
    mutating func add(_ flown: FlownRequest, isSaved: Bool) {
        requests += 1
        if isSaved { saved += 1 } else { failures.add(flown) }
        guard flown.hasBeenRefused else { return }
        refused += 1
        refusals.add(flown)
    }
}
