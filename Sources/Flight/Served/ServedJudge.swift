import ScenarioFile

/// Checks each send by the rules of flights, as far as the upstream can see.
final class ServedJudge {
    /// The most that a timer with millisecond resolution may fire early, in nanoseconds.
    static let timerGrain: Int64 = 2_000_000

    let tolerance: Int64
    private let policy: CheckedPolicy
    private let ledger = InvariantLedger()
    private var spread = JitterSpread()
    private let window: SendWindow?
    /// The age of the send that must lie outside of the last 60 s, as of the current send, in nanoseconds.
    private var limiterGap = Int64.max
    /// The instant at which the listener was last opened or closed, in nanoseconds; `Int64.min`: never.
    var listenerChangedAt = Int64.min
    /// The violations of the current send, as messages.
    private(set) var findings: [String] = []
    /// The invariants that can be checked from this side.
    let visible: Set<Invariant>

    init(
        _ policy: CheckedPolicy, _ scenario: Scenario, tolerance: Int64
    ) {
        self.policy = policy
        self.tolerance = tolerance
        // With several clients the sender is unknown, and each client has its own limit.
        let hasLimit = policy.sendsPerMinute > 0 && scenario.fleet.count == 1
        window = hasLimit ? SendWindow(limit: policy.sendsPerMinute) : nil
        var visible: Set<Invariant> = [
            .sendsBounded, .retryAfterRespected, .backoffInEnvelope, .backoffVaries,
            .noRetryOfFinal, .nothingAfterDeadline, .noDoubleEffect,
        ]
        if hasLimit { visible.insert(.limiterBound) }
        self.visible = visible
    }

    /// Checks a send, the first of a request or a later one.
    func sent(_ request: SeenRequest, at now: Int64) {
        findings = []
        guard let window else { return }
        limiterGap = window.gap(at: now)
        check(
            .limiterBound, limiterGap.addingSaturated(tolerance) >= SendWindow.length, request, now,
            "\(policy.sendsPerMinute + 1) sends within \(limiterGap) ns")
    }

    /// Checks a send that is not a request's first. Must be called before the request's state is updated.
    func retried(_ request: SeenRequest, isUnclear: Bool, at now: Int64) {
        let last = request.retry.last
        if let notBefore = last.notBefore {
            check(
                .retryAfterRespected, now.addingSaturated(Self.timerGrain) >= notBefore, request,
                isUnclear: isUnclear, now,
                "sent \(notBefore - now) ns before Retry-After allows, which asked for "
                    + "\(notBefore - request.retry.endedAt) ns")
        }
        judgeGap(request, isUnclear: isUnclear, at: now)
        if !isUnclear, let status = request.retry.countRetryAfterAnswer() {
            let found = policy.allows(retryAfter: status, request.retry)
            check(.sendsBounded, found.holds, request, now, found.text)
        }
        check(
            .noRetryOfFinal, !last.isFinal, request, isUnclear: isUnclear, now,
            "sent again after an answer that leaves nothing to try again")
        if !request.isIdempotent && !request.hasKey && !policy.retriesUnsafeMethods {
            check(
                .noDoubleEffect, !request.mayHaveActed && !request.isUnderWay, request,
                isUnclear: isUnclear, now,
                "sent again although the upstream may have acted on it")
        }
        let deadline = request.arrival.addingSaturated(policy.totalTimeout)
        check(
            .nothingAfterDeadline, now < deadline.addingSaturated(tolerance), request,
            isUnclear: isUnclear, now, "sent \(now - deadline) ns after the deadline")
        if isUnclear && Int(request.attempts) >= policy.sendsMax(request.retry) {
            ledger.noteUnclear(.sendsBounded)
        }
    }

    /// Compares the wait before the attempt with what the client's settings allow.
    private func judgeGap(_ request: SeenRequest, isUnclear: Bool, at now: Int64) {
        request.retry.retries = Int(request.attempts)
        guard case .failed(let knew) = request.state else { return }
        let (least, most) = (now - knew.upperBound, now - knew.lowerBound)
        request.lastGap = least
        // While the listener was closed, the client may have sent attempts that were not seen.
        guard listenerChangedAt < knew.lowerBound, !request.retry.last.isFinal,
            !request.retry.last.hasUnclearRetryAfter,
            let envelope = policy.envelope(request.retry)
        else { return }
        let mayHaveWaitedForLimiter =
            limiterGap <= SendWindow.length.addingSaturated(most).addingSaturated(tolerance)
        let isInside =
            most.addingSaturated(tolerance) >= envelope.lowerBound
            && (mayHaveWaitedForLimiter
                || least <= envelope.upperBound.addingSaturated(tolerance))
        check(
            .backoffInEnvelope, isInside, request, isUnclear: isUnclear, now,
            "waited \(least) ns; allowed are \(envelope.lowerBound) to \(envelope.upperBound), "
                + "give or take \(tolerance)")
        if !isUnclear && !request.wasAbandoned { noteBackoff(request, at: now) }
    }

    private func noteBackoff(_ request: SeenRequest, at now: Int64) {
        let envelope = policy.spread(request.retry, arrival: request.arrival, cancelAt: .max)
        guard let envelope else { return }
        spread.add(now - request.retry.endedAt, in: envelope, of: request.number, at: now)
    }

    /// Checks what only all waits together show. To be called when no more requests arrive.
    func close() { ledger.note(spread) }

    /// The results of the visible invariants, in the order of ``Invariant``; exercised or not.
    var invariants: [InvariantResult] {
        ledger.results(Invariant.allCases.filter { visible.contains($0) })
    }

    /// Checks a request that will have no further attempts.
    func ended(_ request: SeenRequest, at now: Int64) {
        let sendsMax = policy.sendsMax(request.retry)
        check(
            .sendsBounded, Int(request.attempts) <= sendsMax, request,
            isUnclear: request.isUnclear, now,
            "\(request.attempts) sends; allowed are \(sendsMax)")
    }

    private func check(
        _ invariant: Invariant, _ holds: Bool, _ request: SeenRequest, isUnclear: Bool = false,
        _ now: Int64, _ text: @autoclosure () -> String
    ) {
        guard !isUnclear else {
            if !holds { ledger.noteUnclear(invariant) }
            return
        }
        ledger.check(invariant, holds, request.number, now, text())
        if !holds { findings.append("\(invariant.name): \(text())") }
    }
}
