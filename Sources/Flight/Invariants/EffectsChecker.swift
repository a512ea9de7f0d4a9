import APIClient

/// Checks that a request that is not idempotent is not sent again after it may have had an effect. Confined to
/// the simulation's thread.
final class EffectsChecker: FlightEventConsumer {
    private let ledger = InvariantLedger()
    private let loads: Roster<CheckedLoad>
    private let isOn: Bool
    /// Per request: number of attempts that the upstream has read and may have acted on.
    private let reached = Cell(SlotStore<UInt32>(0))

    init(_ policy: CheckedPolicy, _ loads: [CheckedLoad]) {
        self.loads = Roster(loads)
        isOn = !policy.retriesUnsafeMethods && loads.contains { !$0.isIdempotent }
    }

    @inline(__always) func consume(
        _ event: FlightEvent, of request: RequestRecord, at now: Int64
    ) {
        guard isOn else { return }
        switch event {
        case .arrived: reached.value.begin(request.slot)
        case .attemptDecided(let attempt): sent(attempt, of: request, at: now)
        default: break
        }
    }

    private func sent(_ attempt: AttemptRecord, of request: RequestRecord, at now: Int64) {
        if attempt.ordinal > 1, !loads.look(at: request.load, \.isIdempotent) {
            ledger.check(
                .noDoubleEffect, reached.value[request.slot] == 0, request.call.request, now,
                "sent again although the upstream had read it")
        }
        if attempt.mayHaveActed { reached.value[request.slot] += 1 }
    }

    var invariants: [InvariantResult] { ledger.results([.noDoubleEffect]) }
}
