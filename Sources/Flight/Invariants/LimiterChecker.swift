import APIClient

/// Checks that no client sends more than its rate limit allows in any 60 s. Confined to the simulation's thread.
final class LimiterChecker: FlightEventConsumer {
    private let ledger = InvariantLedger()
    private let limit: Int
    private let windows: Roster<SendWindow>

    /// - Parameters:
    ///   - policy: its `sendsPerMinute`; 0 is no limit.
    ///   - clients: how many there are.
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

/// The last sends of a client, for a bound on any 60 s.
final class SendWindow {
    static let length: Int64 = 60_000_000_000
    private let instants = Cell<[Int64]>([])
    private let limit: Int
    private var next = 0

    init(limit: Int) { self.limit = limit }

    /// Notes a send.
    /// - Returns: how long ago the send was that must lie outside of the last 60 s, in nanoseconds.
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
