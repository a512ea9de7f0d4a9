/// Requests whose first attempt failed for a temporary cause, and how they ended.
struct Cohort {
    private(set) var requests: UInt64 = 0
    private(set) var saved: UInt64 = 0
    /// Those that the breaker refused at least once.
    private(set) var refused: UInt64 = 0
    private(set) var failures = Offenders()
    private(set) var refusals = Offenders()

    /// Counts a request of the cohort that has ended.
    /// - Parameters:
    ///   - request: the number of the request.
    ///   - isSaved: whether it ended with a fresh success before its deadline.
    ///   - wasRefused: whether the breaker refused it at least once.
    mutating func add(_ request: UInt64, isSaved: Bool, wasRefused: Bool) {
        requests += 1
        if isSaved { saved += 1 } else { failures.add(request) }
        guard wasRefused else { return }
        refused += 1
        refusals.add(request)
    }
}
