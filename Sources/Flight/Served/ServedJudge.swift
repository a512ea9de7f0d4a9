import ScenarioFile

/// Asks of each send what the rules of flights ask, as far as it can be told from the upstream's side.
final class ServedJudge {
    /// A timer that counts milliseconds may be so much early.
    static let timerGrain: Int64 = 2_000_000

    let tolerance: Int64
    private let policy: CheckedPolicy
    private let invariants: InvariantChecker
    private let window: SendWindow?
    /// How long before the present send the one was that must lie outside of the last 60 s.
    private var limiterGap = Int64.max
    /// When somebody last opened or closed the door.
    var listenerChangedAt = Int64.min
    /// What was found of the present send.
    private(set) var findings: [String] = []
    /// What can be seen from this side.
    let visible: Set<Invariant>

    init(
        _ policy: CheckedPolicy, _ invariants: InvariantChecker, _ scenario: Scenario,
        tolerance: Int64
    ) {
        self.policy = policy
        self.invariants = invariants
        self.tolerance = tolerance
        // Who of several sends is not to be seen, and each has a limit of its own.
        let hasLimit = policy.sendsPerMinute > 0 && scenario.fleet.count == 1
        window = hasLimit ? SendWindow(limit: policy.sendsPerMinute) : nil
        var visible: Set<Invariant> = [
            .sendsBounded, .retryAfterRespected, .backoffInEnvelope, .backoffVaries,
            .noRetryOfFinal, .nothingAfterDeadline, .noDoubleEffect,
        ]
        if hasLimit { visible.insert(.limiterBound) }
        self.visible = visible
    }

    /// Something is sent.
    func sent(_ request: SeenRequest, at now: Int64) {
        findings = []
        guard let window else { return }
        limiterGap = window.gap(at: now)
        check(
            .limiterBound, limiterGap.addingSaturated(tolerance) >= SendWindow.length, request, now,
            "\(policy.sendsPerMinute + 1) sends within \(limiterGap) ns")
    }

    /// It is not a request's first attempt. The request is as it was before.
    func retried(_ request: SeenRequest, isUnclear: Bool, at now: Int64) {
        let flown = request.flown
        if let notBefore = flown.notBefore {
            check(
                .retryAfterRespected, now.addingSaturated(Self.timerGrain) >= notBefore, request,
                isUnclear: isUnclear, now,
                "sent \(notBefore - now) ns before Retry-After allows, which asked for "
                    + "\(notBefore - flown.endedAt) ns")
        }
        judgeGap(request, isUnclear: isUnclear, at: now)
        if !isUnclear, let count = policy.countAfterAnswer(flown) {
            check(.sendsBounded, count.isAllowed, request, now, count.text)
        }
        check(
            .noRetryOfFinal, !flown.isFinal, request, isUnclear: isUnclear, now,
            "sent again after an answer that leaves nothing to try again")
        if !request.isIdempotent && !request.hasKey && !policy.retriesUnsafeMethods {
            check(
                .noDoubleEffect, !request.mayHaveActed && !request.isUnderWay, request,
                isUnclear: isUnclear, now,
                "sent again although the upstream may have acted on it")
        }
        let deadline = flown.arrival.addingSaturated(policy.totalTimeout)
        check(
            .nothingAfterDeadline, now < deadline.addingSaturated(tolerance), request,
            isUnclear: isUnclear, now, "sent \(now - deadline) ns after the deadline")
        if isUnclear && Int(request.attempts) >= policy.sendsMax(flown) {
            invariants.noteUnclear(.sendsBounded)
        }
    }

    /// How long it waited, against what the client's settings allow.
    private func judgeGap(_ request: SeenRequest, isUnclear: Bool, at now: Int64) {
        let flown = request.flown
        flown.retries = Int(request.attempts)
        guard case .failed(let knew) = request.state else { return }
        let (least, most) = (now - knew.upperBound, now - knew.lowerBound)
        request.lastGap = least
        // With the door closed in between it may have tried, unseen.
        guard listenerChangedAt < knew.lowerBound, !flown.isFinal, !flown.wasAskedUnclearly,
            let envelope = policy.envelope(flown)
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
        if !isUnclear && !request.wasAbandoned { invariants.backoffEnds(flown, at: now) }
    }

    /// Nothing more comes of a request.
    func ended(_ request: SeenRequest, at now: Int64) {
        let sendsMax = policy.sendsMax(request.flown)
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
            if !holds { invariants.noteUnclear(invariant) }
            return
        }
        invariants.check(invariant, holds, request.flown, now, text())
        if !holds { findings.append("\(invariant.name): \(text())") }
    }
}
