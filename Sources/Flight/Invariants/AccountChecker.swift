import APIClient
import Upstream

/// Checks that client and upstream agree: every request ends once, and the client counted as many attempts as
/// the upstream saw. Confined to the simulation's thread.
final class AccountChecker: FlightEventConsumer {
    private struct Sends {
        var announced: UInt32 = 0
        var seen: UInt32 = 0
    }

    private let ledger = InvariantLedger()
    private let sends = Cell(SlotStore(Sends()))
    /// Number of requests that have arrived.
    private(set) var arrivals: UInt64 = 0
    private var endings: UInt64 = 0
    /// Number of attempts whose request the upstream has read.
    private(set) var readSends: UInt64 = 0
    /// Whether the flight was neither interrupted nor failed, so that every request must have ended.
    var isWhole = false

    @inline(__always) func consume(
        _ event: FlightEvent, of request: RequestRecord, at now: Int64
    ) {
        switch event {
        case .arrived:
            arrivals += 1
            sends.value.begin(request.slot)
        case .attemptStarted: sends.value[request.slot].announced += 1
        case .attemptDecided(let attempt):
            sends.value[request.slot].seen += 1
            if !attempt.isBeforeRequest { readSends += 1 }
        case .ended: ended(request, at: now)
        default: break
        }
    }

    private func ended(_ request: RequestRecord, at now: Int64) {
        endings += 1
        let (announced, seen) = (
            sends.value[request.slot].announced, sends.value[request.slot].seen
        )
        ledger.check(
            .sendsAccounted, announced == seen, request.call.request, now,
            "the client counted \(announced) sends, the upstream saw \(seen)")
    }

    /// Checks the traffic over the sockets.
    /// - Parameter problem: the difference from what was decided; nil: there is none.
    func crossed(problem: String?) {
        ledger.check(.sendsAccounted, problem == nil, 0, 0, problem ?? "")
    }

    func finish(at instant: Int64) {
        guard isWhole else { return }
        ledger.note(.endsOnce, checked: arrivals)
        guard arrivals != endings else { return }
        ledger.violate(.endsOnce, 0, 0, "\(arrivals) requests arrived, \(endings) ended")
    }

    var invariants: [InvariantResult] { ledger.results([.endsOnce, .sendsAccounted]) }
}
