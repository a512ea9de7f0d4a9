import APIClient

/// Checks that no client sends more than its rate limit allows in any 60 s. Confined to the simulation's thread.
final class LimiterChecker: FlightEventConsumer {
    private let ledger = InvariantLedger()
    private let limit: Int
    private let windows: Roster<SendWindow>

    /// - Parameters:
    ///   - policy: the client's settings; a `sendsPerMinute` of 0 means no limit.
    ///   - clients: the number of clients.
    init(_ policy: CheckedPolicy, clients: UInt32) {
        limit = policy.sendsPerMinute
        windows = Roster(
            (0..<(limit > 0 ? clients : 0)).map { [limit] _ in SendWindow(limit: limit) })
    }

    @inline(__always) func consume(
        _ event: FlightEvent, of request: RequestRecord, at now: Int64
    ) {
        guard limit > 0, case .attemptDecided = event else { return }
        let gap = windows.look(at: Int(request.call.client)) { $0.gap(at: now) }
        ledger.check(
            .limiterBound, gap >= SendWindow.length, request.call.request, now,
            "\(limit + 1) sends within \(gap) ns")
    }

    var invariants: [InvariantResult] { ledger.results([.limiterBound]) }
}

/// The instants of a client's last sends, for a limit in any 60 s.
final class SendWindow {
    static let length: Int64 = 60_000_000_000
    private let instants = Cell<[Int64]>([])
    private let limit: Int
    private var next = 0

    init(limit: Int) { self.limit = limit }

    /// Records a send.
    /// - Returns: the age of the send `limit` sends ago, in nanoseconds; less than 60 s: the limit is exceeded.
    func gap(at now: Int64) -> Int64 {
        guard instants.value.count == limit else {
            instants.value.append(now)
            return .max
        }
        let gap = now - instants.value[next]
        instants.value[next] = now
        next = next + 1 == limit ? 0 : next + 1
        return gap
    }
}
