import APIClient

/// Checks that the breaker of each client opens, probes and closes exactly when its policy says so.
///
/// The breaker's state is the one that the client reports. Everything else is derived from which attempts were
/// sent, when, and what the upstream decided. Confined to the simulation's thread.
final class BreakerChecker: FlightEventConsumer {
    private static let all: [Invariant] = [
        .opensByPolicy, .nothingWhileOpen, .probeWhenDue, .oneProbeAtATime, .closesByProbe,
    ]

    private let policy: CheckedPolicy
    private let ledger = InvariantLedger()
    private let watches: Roster<BreakerWatch>
    private let lastEnded = Cell(SlotStore(EndedAttempt()))

    /// The request's attempt that ended last.
    private struct EndedAttempt {
        var epoch = 0
        var isProbe = false
        var verdict = CircuitBreaker.Verdict.neutral
    }

    init(_ policy: CheckedPolicy, clients: UInt32) {
        self.policy = policy
        watches = Roster((0..<clients).map { _ in BreakerWatch() })
    }

    @inline(__always) func consume(
        _ event: FlightEvent, of request: RequestRecord, at now: Int64
    ) {
        switch event {
        case .arrived: lastEnded.value.begin(request.slot)
        case .admittedByBreaker(_, let isProbe):
            if isProbe { watch(request) { $0.probeBegins(request, at: now) } }
        case .refusedByBreaker: watch(request) { refused(request, $0, at: now) }
        case .breakerMoved(let transition):
            watch(request) { moved(transition, by: request, $0, at: now) }
        case .attemptDecided(let attempt):
            if policy.breakerIsEnabled {
                watch(request) { sent(attempt, of: request, $0, at: now) }
            }
        case .attemptEnded(let attempt, _):
            watch(request) { ended(attempt, of: request, $0, at: now) }
        case .ended: watch(request) { $0.probeEnds(request, at: now) }
        default: break
        }
    }

    var invariants: [InvariantResult] { ledger.results(Self.all) }

    @inline(__always) private func watch(
        _ request: RequestRecord, _ body: (BreakerWatch) -> Void
    ) { watches.look(at: Int(request.call.client), body) }

    // MARK: - Attempts

    private func sent(
        _ attempt: AttemptRecord, of request: RequestRecord, _ watch: BreakerWatch, at now: Int64
    ) {
        ledger.check(
            .nothingWhileOpen, watch.state != .open, request.call.request, now,
            "sent while the breaker is open")
        // Results arrive one by one, even at the same instant, so the breaker is overdue only at a later instant.
        if let overdue = watch.overdue, overdue.since < now {
            watch.overdue = nil
            ledger.check(
                .opensByPolicy, false, request.call.request, now,
                "still closed after \(overdue.results.failures) failures of"
                    + " \(overdue.results.total) results")
        }
        guard attempt.isProbe else { return }
        // Every attempt through a half-open breaker counts as a probe, even if the client does not report it as one.
        if !attempt.isAnnouncedProbe { watch.probeBegins(request, at: now) }
        watch.probesInFlight += 1
        let probes = watch.probesInFlight
        ledger.check(
            .oneProbeAtATime, probes == 1, request.call.request, now, "\(probes) probes under way")
    }

    private func ended(
        _ attempt: AttemptRecord, of request: RequestRecord, _ watch: BreakerWatch, at now: Int64
    ) {
        lastEnded.value[request.slot] = EndedAttempt(
            epoch: attempt.breakerEpoch, isProbe: attempt.isProbe, verdict: attempt.verdict)
        if attempt.isProbe {
            // A probe that hung until the breaker's next transition no longer counts as in flight.
            if attempt.breakerEpoch == watch.epoch { watch.probesInFlight -= 1 }
            watch.probeEnds(request, at: now)
            return
        }
        guard attempt.verdict != .neutral, attempt.breakerEpoch == watch.epoch else { return }
        let isFailure = attempt.verdict == .failure
        watch.window.value.add(isFailure: isFailure, at: now)
        guard isFailure, policy.breakerIsEnabled, watch.state == .closed, watch.overdue == nil
        else { return }
        // Only a failure can make the breaker overdue to open.
        let results = watch.window.value.results(at: now)
        if mustBeOpen(results) {
            watch.overdue = BreakerWatch.Overdue(since: now, results: results)
        }
    }

    // MARK: - Transitions and refusals

    private func refused(_ request: RequestRecord, _ watch: BreakerWatch, at now: Int64) {
        switch watch.state {
        case .closed:
            ledger.check(
                .probeWhenDue, false, request.call.request, now,
                "refused although the breaker is closed")
        case .open:
            ledger.check(
                .probeWhenDue, now < watch.openedAt.addingSaturated(policy.openDuration),
                request.call.request, now,
                "refused although its time is up and no probe is under way")
        case .halfOpen:
            // At the very instant at which the probe ends, other requests may not know of it yet.
            let isProbing =
                watch.prober != nil
                && now < watch.probeBegan.addingSaturated(policy.requestTimeout)
            ledger.check(
                .probeWhenDue, isProbing || watch.probeEnded == now, request.call.request, now,
                watch.prober == nil
                    ? "refused although its time is up and no probe is under way"
                    : "refused although the probe under way has hung for \(now - watch.probeBegan) ns"
            )
        }
    }

    private func moved(
        _ transition: CircuitBreaker.Transition, by request: RequestRecord, _ watch: BreakerWatch,
        at now: Int64
    ) {
        switch transition.to {
        case .open:
            if watch.state == .closed {
                checkOpening(request, watch, now)
            } else {
                checkReopening(request, watch, now)
            }
        case .halfOpen:
            let age = watch.openedAt == .min ? 0 : now - watch.openedAt
            ledger.check(
                .probeWhenDue, age >= policy.openDuration, request.call.request, now,
                "half open \(age) ns after it opened; the policy says \(policy.openDuration)")
        case .closed: checkClosing(request, watch, now)
        }
        watch.moved(to: transition.to)
    }

    private func mustBeOpen(_ results: BreakerWatch.Results) -> Bool {
        results.failures >= policy.failuresMin && 2 * results.failures > results.total
    }

    private func checkOpening(_ request: RequestRecord, _ watch: BreakerWatch, _ now: Int64) {
        watch.openedAt = now
        let results = watch.window.value.results(at: now)
        ledger.check(
            .opensByPolicy, mustBeOpen(results), request.call.request, now,
            "opened on \(results.failures) failures of \(results.total) results; it takes"
                + " \(policy.failuresMin), and more than half")
    }

    private func checkReopening(_ request: RequestRecord, _ watch: BreakerWatch, _ now: Int64) {
        let limit = watch.probeBegan.addingSaturated(policy.requestTimeout)
        let last = lastEnded.value[request.slot]
        let isByProbe = last.isProbe && last.epoch == watch.epoch && last.verdict == .failure
        watch.openedAt = isByProbe ? now : min(limit, now)
        ledger.check(
            .opensByPolicy, isByProbe || now >= limit, request.call.request, now,
            "opened again without a probe that had failed")
    }

    private func checkClosing(_ request: RequestRecord, _ watch: BreakerWatch, _ now: Int64) {
        let last = lastEnded.value[request.slot]
        let isOfNow = last.epoch == watch.epoch
        ledger.check(
            .closesByProbe,
            watch.state == .halfOpen && last.isProbe && isOfNow && last.verdict == .success,
            request.call.request, now,
            isOfNow
                ? last.isProbe
                    ? "the breaker closed on a probe that had not succeeded"
                    : "the breaker closed without a probe"
                : "the breaker closed on a result from before it opened")
    }
}
