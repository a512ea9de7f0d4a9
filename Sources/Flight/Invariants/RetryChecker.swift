import APIClient

/// Checks the sends of a request: its retries, its deadline, and cancellation by its caller.
///
/// Everything is derived from the upstream's decisions, the settings and the clock. Only waits are those that the
/// client reports; they are compared with the instants at which it really sent. Confined to the simulation's thread.
final class RetryChecker: FlightEventConsumer {
    private static let all: [Invariant] = [
        .sendsBounded, .retryAfterRespected, .backoffInEnvelope, .backoffVaries, .noRetryOfFinal,
        .timeLimitInBounds, .nothingAfterDeadline, .nothingAfterCancel,
    ]

    private let policy: CheckedPolicy
    private let ledger = InvariantLedger()
    private let states = Cell(SlotStore(RetryProgress()))
    private let spread = Cell(JitterSpread())

    init(_ policy: CheckedPolicy) { self.policy = policy }

    @inline(__always) func consume(
        _ event: FlightEvent, of request: RequestRecord, at now: Int64
    ) {
        switch event {
        case .arrived: states.value.begin(request.slot)
        case .callerGaveUp: states.value[request.slot].isCancelled = true
        case .waiting(let wait): waits(wait, request, at: now)
        case .refusedByBreaker, .refusedByLimiter: backoffEnds(request, at: now)
        case .attemptStarted: states.value[request.slot].underWay += 1
        case .attemptDecided(let attempt): sent(attempt, of: request, at: now)
        case .attemptSettled(let attempt): settled(attempt, of: request)
        case .attemptEnded(let attempt, _):
            states.value[request.slot].attemptEnded(attempt.verdict, at: now)
        case .unseenAttemptEnded: states.value[request.slot].attemptEnded(nil, at: now)
        case .ended: ended(request, at: now)
        default: break
        }
    }

    func finish(at instant: Int64) {
        ledger.note(spread.value)
    }

    var invariants: [InvariantResult] { ledger.results(Self.all) }

    // MARK: - Sends

    /// Checks a send that reaches the upstream.
    private func sent(_ attempt: AttemptRecord, of request: RequestRecord, at now: Int64) {
        let deadline = request.arrival + policy.totalTimeout
        ledger.check(
            .nothingAfterDeadline, now < deadline, request.call.request, now,
            "sent \(now - deadline) ns after the deadline")
        let limit = min(policy.requestTimeout, deadline - now)
        ledger.check(
            .timeLimitInBounds, attempt.timeout <= limit, request.call.request, now,
            "waits \(attempt.timeout) ns for an answer; the policy allows \(limit)")
        if request.cancelAt < .max {
            ledger.check(
                .nothingAfterCancel, !states.value[request.slot].isCancelled, request.call.request,
                now, "sent \(now - request.cancelAt) ns after its caller had given up")
        }
        if attempt.ordinal > 1 { checkRetry(attempt, of: request, at: now) }
        backoffEnds(request, at: now)
        states.value[request.slot].sends += 1
    }

    // A separate function, not inlined: most requests are sent once.
    @inline(never) private func checkRetry(
        _ attempt: AttemptRecord, of request: RequestRecord, at now: Int64
    ) {
        let progress = states.value[request.slot]
        if let notBefore = progress.last.notBefore {
            ledger.check(
                .retryAfterRespected, now >= notBefore, request.call.request, now,
                Self.tooEarly(
                    waited: now - progress.endedAt, of: notBefore - progress.endedAt))
        }
        // A send in parallel to another attempt, or one that the client does not know of, follows no wait. A
        // send after a success is a new step of the client, not a retry.
        if progress.underWay == 1, !attempt.isResend, progress.last.verdict != .success,
            let envelope = policy.envelope(progress)
        {
            let gap = now - progress.endedAt
            // A limiter may delay a retry but never advance it.
            let isInside =
                gap >= envelope.lowerBound
                && (progress.waitedForLimiter || gap <= envelope.upperBound)
            ledger.check(
                .backoffInEnvelope, isInside, request.call.request, now,
                "waited \(gap) ns; allowed are \(envelope.lowerBound) to \(envelope.upperBound)")
        }
        if let status = states.value[request.slot].countRetryAfterAnswer() {
            let found = policy.allows(retryAfter: status, states.value[request.slot])
            ledger.check(.sendsBounded, found.holds, request.call.request, now, found.text)
        }
        ledger.check(
            .noRetryOfFinal, !progress.last.isFinal, request.call.request, now,
            "sent again after an answer that leaves nothing to try again")
    }

    private static func tooEarly(waited: Int64, of asked: Int64) -> String {
        let text =
            "sent \(asked - waited) ns before Retry-After allows, which asked for \(asked) ns"
        // Jitter may double the wait, and part of it may have passed on the way, so a range is checked.
        let isThousandth = waited > 0 && (asked / 4_000...asked / 250).contains(waited)
        return isThousandth ? text + "; seconds taken for milliseconds?" : text
    }

    // MARK: - Ends of attempts, and waits

    /// Records the result of an attempt that its sender knows.
    private func settled(_ attempt: AttemptRecord, of request: RequestRecord) {
        states.value[request.slot].last = RetryProgress.Result(
            verdict: attempt.verdict, isFinal: attempt.isFinal, status: attempt.status,
            notBefore: attempt.notBefore, hasUnclearRetryAfter: attempt.hasUnclearRetryAfter)
    }

    private func waits(_ wait: ClientWait, _ request: RequestRecord, at now: Int64) {
        switch wait.reason {
        case .backoff, .retryAfter: states.value[request.slot].waits(wait, at: now)
        case .limiter:
            backoffEnds(request, at: now)
            states.value[request.slot].waitedForLimiter = true
        case .leader: break
        }
    }

    /// Called at the first action of a request after its own wait. A limiter's wait or a refusal that follows
    /// must not change the measured length.
    @inline(__always) private func backoffEnds(_ request: RequestRecord, at now: Int64) {
        if states.value[request.slot].isBackingOff { noteBackoff(request, at: now) }
    }

    @inline(never) private func noteBackoff(_ request: RequestRecord, at now: Int64) {
        states.value[request.slot].isBackingOff = false
        let progress = states.value[request.slot]
        let envelope = policy.spread(
            progress, arrival: request.arrival, cancelAt: request.cancelAt)
        guard let envelope else { return }
        spread.value.add(now - progress.endedAt, in: envelope, of: request.call.request, at: now)
    }

    private func ended(_ request: RequestRecord, at now: Int64) {
        let sends = Int(states.value[request.slot].sends)
        let most = policy.sendsMax(states.value[request.slot])
        ledger.check(
            .sendsBounded, sends <= most, request.call.request, now,
            "\(sends) sends; allowed are \(most)")
    }
}
