import Upstream

/// The time that servers spend on requests whose clients are gone.
struct WastedWork {
    /// Number of attempts that a server worked on.
    private(set) var served: UInt64 = 0
    /// Wasted time, in nanoseconds.
    private(set) var time: Int64 = 0
    private(set) var offenders = Offenders()

    /// Adds an attempt that reached the servers or their queue. Times are in nanoseconds from its arrival.
    mutating func add(_ attempt: AttemptRecord, _ service: Decision.Service, of request: UInt64) {
        let clientTimeout = attempt.clientTimeout
        // An attempt that left the queue before its service caused no work.
        guard service.duration > 0 || service.wait < clientTimeout else { return }
        served += 1
        guard attempt.decision.isMissed(within: clientTimeout) else { return }
        let end = service.wait.addingSaturated(service.duration)
        let wasted = end - max(service.wait, clientTimeout)
        guard wasted > 0 else { return }
        time = time.addingSaturated(wasted)
        offenders.add(request)
    }
}

extension Decision {
    /// Whether the client is gone before the exchange ends.
    fileprivate func isMissed(within clientTimeout: Int64) -> Bool {
        if case .hang = ending { true } else { delay > clientTimeout }
    }
}
