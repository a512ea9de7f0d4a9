/// Requests whose first attempt failed for a cause that passes, and what became of them.
struct Cohort {
    private(set) var requests: UInt64 = 0
    private(set) var saved: UInt64 = 0
    /// Those that the breaker refused at some time.
    private(set) var refused: UInt64 = 0
    private(set) var failures = Offenders()
    private(set) var refusals = Offenders()

    /// A request of the cohort has ended.
    /// - Parameters:
    ///   - request: its number.
    ///   - isSaved: whether it ended with a fresh success in time.
    ///   - wasRefused: whether the breaker refused it at some time.
    mutating func add(_ request: UInt64, isSaved: Bool, wasRefused: Bool) {
        requests += 1
        if isSaved { saved += 1 } else { failures.add(request) }
        guard wasRefused else { return }
        refused += 1
        refusals.add(request)
    }
}
