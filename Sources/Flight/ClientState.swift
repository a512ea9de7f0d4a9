import APIClient

/// What a flight keeps of each of its clients. Confined to the simulation's thread.
final class ClientState {
    let breaker: BreakerFigures
    var watch = BreakerWatch()
    /// The last sends, where the client limits itself.
    let sends: SendWindow?
    var underWay: CallsUnderWay
    /// What the client's cache may know; of several clients' where they share one.
    let answers: KnownAnswers
    /// Until when some request was asked to stay away, and which.
    var stayAway: (until: Int64, request: UInt64) = (Int64.min, 0)

    init(_ policy: CheckedPolicy, warmup: Int64, answers: KnownAnswers) {
        breaker = BreakerFigures(warmup: warmup)
        underWay = CallsUnderWay(
            horizon: policy.totalTimeout.addingSaturated(policy.requestTimeout))
        sends = policy.sendsPerMinute > 0 ? SendWindow(limit: policy.sendsPerMinute) : nil
        self.answers = answers
    }

    /// The states of a fleet, by the clients' numbers.
    static func all(
        _ count: UInt32, sharesCache: Bool, _ policy: CheckedPolicy, warmup: Int64
    ) -> [ClientState] {
        let horizon = policy.timeToLive.addingSaturated(policy.staleIfError)
        let shared = KnownAnswers(horizon: horizon)
        return (0..<count).map { _ in
            ClientState(
                policy, warmup: warmup,
                answers: sharesCache ? shared : KnownAnswers(horizon: horizon))
        }
    }
}
