import Upstream

/// The time that servers spend on requests whose clients have gone away.
struct WastedWork {
    /// Attempts that a server worked on.
    private(set) var served: UInt64 = 0
    /// Nanoseconds.
    private(set) var time: Int64 = 0
    private(set) var offenders = Offenders()

    /// An attempt got to the servers, or to their queue; times in nanoseconds from its arrival.
    mutating func add(_ attempt: AttemptRecord, _ service: Decision.Service, of request: UInt64) {
        let clientTimeout = attempt.clientTimeout
        // Whoever left the queue in time took no work with them.
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
    /// Whether the client is gone before the exchange ends for it.
    fileprivate func isMissed(within clientTimeout: Int64) -> Bool {
        if case .hang = ending { true } else { delay > clientTimeout }
    }
}
