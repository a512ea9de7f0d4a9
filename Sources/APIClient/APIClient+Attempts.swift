import CoreMetrics
import HTTPTypes

extension APIClient {
    /// Sends attempts until one of them ends the request.
    ///
    /// Before each attempt the deadline, the limiter, the breaker and the credentials are checked;
    /// after it the retry policy decides. Slow paths are separate functions: everything in an async
    /// frame is allocated on every call.
    func attempts(_ call: Call) async throws(APIError) -> FinalAnswer {
        var progress = RequestProgress(
            machine: RetryMachine(
                retryRules, isIdempotent: call.isIdempotent, deadline: call.deadline),
            credential: fixedCredential)
        while true {
            let admission: Admission
            if let present = presentAdmission(call) {
                admission = present
            } else {
                admission = try await awaitedAdmission(call, &progress)
            }
            progress.attempt += 1
            let (outcome, result, now) = try await send(
                call, progress.attempt, progress.credential, admission.permit, at: admission.instant
            )
            if result != .answer(status: 401), progress.machine.delivers(result) {
                return try final(outcome, result, progress.credential, call, at: now)
            }
            if let answer = try await afterAttempt(call, &progress, outcome, result, at: now) {
                return answer
            }
        }
    }

    /// The state of a request between its attempts.
    private struct RequestProgress {
        var machine: RetryMachine
        var credential: Credential?
        var attempt: UInt32 = 0
        var lastFailure: APIError?
        var hasRefreshed = false
    }

    /// The permission to send one attempt, and the instant at which it is sent.
    private struct Admission {
        let permit: CircuitBreaker.Permit?
        let instant: Int64
    }

    /// The admission for the next attempt if nothing has to be waited for, which is the usual case:
    /// there is no breaker or a closed one in memory, the limiter has room, and the credential
    /// never changes.
    ///
    /// nil means that ``awaitedAdmission(_:_:)`` has to ask for each; no permit and no claim is
    /// held.
    private func presentAdmission(_ call: Call) -> Admission? {
        guard hasFixedCredential, !Task.isCancelled else { return nil }
        let permit = localBreaker?.permitWhileClosed
        if permit == nil, breaker != nil { return nil }
        guard let now = instantOfSend(call) else { return nil }
        if permit != nil { call.observe(.admittedByBreaker(isProbe: false), at: now) }
        return Admission(permit: permit, instant: now)
    }

    /// Checks the deadline, the limiter, the breaker and the credentials one after the other, and
    /// waits where one of them requires it.
    @inline(never) private func awaitedAdmission(
        _ call: Call, _ progress: inout RequestProgress
    ) async throws(APIError) -> Admission {
        while true {
            // The clock is read again only after something that may have taken time.
            var started = time.now
            guard started < call.deadline else {
                throw progress.lastFailure ?? call.error(.timeout, .client)
            }
            let claim =
                limiter == nil ? nil : try await claimSend(call, after: progress.lastFailure)
            if let claim { started = claim }
            let permit: CircuitBreaker.Permit?
            if let passed = passClosedBreaker(call, at: started) {
                permit = passed
            } else {
                do {
                    permit = try await passBreaker(call, after: progress.lastFailure)
                } catch {
                    withdraw(claim)
                    throw error
                }
                started = time.now
            }
            if !hasFixedCredential, !progress.hasRefreshed {
                progress.credential = try await currentCredential(call, holding: claim, permit)
                started = time.now
            }
            // One clock reading serves the deadline, the limiter's log and the send.
            if let reason = reasonNotToSend(call, after: progress.lastFailure, at: started) {
                withdraw(claim)
                await giveBack(permit)
                throw reason
            }
            if settle(claim, at: started) { return Admission(permit: permit, instant: started) }
            // The claim is older than the limiter's window, because the credentials took that long.
            // Join the end of the limiter's queue again.
            await giveBack(permit)
        }
    }

    /// Decides what follows an attempt that may not be the last: a send with a newer credential, a
    /// wait before a retry, or the end of the request.
    /// - Returns: the answer if the request has ended with one; nil if another attempt follows.
    @inline(never) private func afterAttempt(
        _ call: Call, _ progress: inout RequestProgress, _ outcome: AttemptOutcome,
        _ result: AttemptResult,
        at now: Int64
    ) async throws(APIError) -> FinalAnswer? {
        if result == .answer(status: 401), !hasFixedCredential, !progress.hasRefreshed,
            let rejected = progress.credential,
            let newer = try await refreshedCredential(call, after: rejected)
        {
            progress.credential = newer
            progress.hasRefreshed = true
            progress.lastFailure = failure(outcome, call, retryAfter: nil)
            return nil
        }
        let attempt = progress.attempt
        let action = progress.machine.attemptEnded(
            outcome.forRetry(result, at: wallClock), at: now
        ) { bound in
            chance.draw(below: bound, for: .backoff, call: call.id, attempt: attempt)
        }
        switch action {
        case .deliver:
            return try final(outcome, result, progress.credential, call, at: now)
        case .giveUp(let reason):
            throw gaveUp(reason, outcome, call, at: now)
        case .wait(let wait):
            progress.lastFailure = failure(outcome, call, retryAfter: nil)
            // The failed write may have taken effect, and its retry may take long: drop the cached
            // answers now.
            if call.request.method.isWrite { await invalidate(call) }
            try await pause(call, attempt, wait, after: outcome, at: now)
            return nil
        }
    }

    private func gaveUp(
        _ reason: GiveUpReason, _ outcome: AttemptOutcome, _ call: Call, at now: Int64
    ) -> APIError {
        call.observe(.gaveUp(reason), at: now)
        let isLate = reason == .deadline
        return failure(
            outcome, call, retryAfter: isLate ? outcome.retryAfter(at: wallClock) : nil)
    }

    /// Sends one attempt and reports its result to the breaker.
    ///
    /// `AttemptResult` repeats the outcome without the answer's storage, so that looking at it
    /// retains nothing.
    private func send(
        _ call: Call, _ attempt: UInt32, _ credential: Credential?,
        _ permit: CircuitBreaker.Permit?, at started: Int64
    ) async throws(APIError) -> (AttemptOutcome, AttemptResult, ended: Int64) {
        let timeout = min(requestTimeout, call.deadline - started)
        call.observe(.attemptStarted(attempt: attempt, timeout: timeout), at: started)
        if call.isLogged { telemetry.instruments?.attempts.increment() }
        let outcome: AttemptOutcome
        let result: AttemptResult
        do {
            let response = try await transport.send(
                TransportRequest(call, credential: credential, timeout: timeout, attempt: attempt))
            result = .answer(status: response.statusCode)
            outcome = .answer(response)
        } catch {
            result = .failure(error.code)
            outcome = .failure(redacted(error))
        }
        let verdict = result.verdict(wasCut: timeout < requestTimeout)
        let now = time.now
        call.observe(.attemptEnded(attempt: attempt, result, counted: verdict), at: now)
        if result == .failure(.cancelled), case .failure(let error) = outcome {
            await giveBack(permit)
            throw call.error(.cancelled, .client, cause: error)
        }
        if let permit, let transition = await record(verdict, permit, at: now) {
            moved(call, transition)
        }
        return (outcome, result, now)
    }

    /// Removes secrets and control characters, such as line breaks, from a transport's message: it
    /// may quote what was sent or received.
    private func redacted(_ error: TransportError) -> TransportError {
        if error.message.isEmpty { return error }
        let line = String.UnicodeScalarView(
            error.message.unicodeScalars.map {
                $0.properties.generalCategory == .control ? " " : $0
            })
        return TransportError(error.code, telemetry.redactor.redact(String(line)))
    }

    // MARK: - Before a send

    /// Asks a breaker that is held in memory and closed, without suspending; nil if it is not
    /// closed.
    private func passClosedBreaker(_ call: Call, at now: Int64) -> CircuitBreaker.Permit? {
        guard let permit = localBreaker?.permitWhileClosed else { return nil }
        call.observe(.admittedByBreaker(isProbe: false), at: now)
        return permit
    }

    /// Asks the breaker for a permit. `isRehearsal`: the caller only wants to know whether the
    /// breaker would refuse, so an admission is not reported to the observer.
    func passBreaker(
        _ call: Call, after lastFailure: APIError?, isRehearsal: Bool = false
    ) async throws(APIError) -> CircuitBreaker.Permit? {
        guard let breaker else { return nil }
        let now = time.now
        let (admission, transitions) =
            if let localBreaker {
                localBreaker.admitNow(at: now)
            } else {
                await breaker.admit(at: now)
            }
        for transition in transitions { moved(call, transition) }
        switch admission {
        case .permitted(let permit):
            if !isRehearsal { call.observe(.admittedByBreaker(isProbe: permit.isProbe), at: now) }
            return permit
        case .refused(let retryAt):
            call.observe(.refusedByBreaker(retryAt: retryAt), at: now)
            throw call.error(
                .circuitBreakerOpen, .client, retryAfter: max(0, retryAt - now), cause: lastFailure)
        }
    }

    /// The error that ends the request instead of the send: the deadline has passed while
    /// credentials were awaited, or the task was cancelled. nil: the send may start.
    private func reasonNotToSend(
        _ call: Call, after lastFailure: APIError?, at now: Int64
    ) -> APIError? {
        if now >= call.deadline { return lastFailure ?? call.error(.timeout, .client) }
        return Task.isCancelled ? call.error(.cancelled, .client) : nil
    }

    /// The provider's credential for the next send. If the provider throws, the limiter's claim and
    /// the breaker's permit are given back.
    private func currentCredential(
        _ call: Call, holding claim: Int64?, _ permit: CircuitBreaker.Permit?
    ) async throws(APIError) -> Credential? {
        if let present = redacting(credentials.presentCredential) { return present }
        do {
            // nil after the deadline; the caller checks the clock next.
            return redacting(
                try await time.bounded(by: call.deadline, call: call.id) { [credentials] in
                    try await credentials.credential()
                } ?? nil)
        } catch {
            withdraw(claim)
            await giveBack(permit)
            throw Task.isCancelled
                ? call.error(.cancelled, .client) : call.error(.authenticationError, .client)
        }
    }

    private func refreshedCredential(
        _ call: Call, after rejected: Credential
    ) async throws(APIError) -> Credential? {
        do {
            return redacting(
                try await time.bounded(by: call.deadline, call: call.id) { [credentials] in
                    try await credentials.refreshed(after: rejected)
                } ?? nil)
        } catch {
            throw Task.isCancelled
                ? call.error(.cancelled, .client)
                : call.error(.authenticationError, .upstream, status: 401)
        }
    }

    private func redacting(_ credential: Credential?) -> Credential? {
        if let credential { telemetry.redactor.learn(credential.secret) }
        return credential
    }

    // MARK: - After a send

    private func record(
        _ verdict: CircuitBreaker.Verdict, _ permit: CircuitBreaker.Permit, at now: Int64
    ) async -> CircuitBreaker.Transition? {
        if let localBreaker { return localBreaker.recordNow(verdict, for: permit, at: now) }
        return await breaker?.record(verdict, for: permit, at: now)
    }

    private func pause(
        _ call: Call, _ attempt: UInt32, _ wait: RetryMachine.Wait, after outcome: AttemptOutcome,
        at now: Int64
    ) async throws(APIError) {
        let wait = ClientWait(
            reason: wait.reason == .retryAfter ? .retryAfter : .backoff, until: wait.until,
            lower: wait.lower, upper: wait.upper)
        call.observe(.waiting(wait), at: now)
        telemetry.waiting(call, wait, after: outcome.description, at: now)
        do {
            try await time.sleep(until: wait.until, kind: .wakeUp, call: call.id, attempt: attempt)
        } catch {
            throw call.error(.cancelled, .client)
        }
    }

    func giveBack(_ permit: CircuitBreaker.Permit?) async {
        if let breaker, let permit { await breaker.giveBack(permit, at: time.now) }
    }

    private func moved(_ call: Call, _ transition: CircuitBreaker.Transition) {
        call.observe(.breaker(transition), at: time.now)
        telemetry.moved(call, transition)
    }

    /// Turns an answer that is not retried into the request's result.
    /// - Throws: ``APIError`` for the statuses that the catalogue treats as errors: 401, 408, 429,
    ///   5xx.
    private func final(
        _ outcome: consuming AttemptOutcome, _ result: AttemptResult,
        _ credential: consuming Credential?, _ call: Call, at now: Int64
    ) throws(APIError) -> FinalAnswer {
        if result.isError { throw failure(outcome, call, retryAfter: nil) }
        switch consume outcome {
        case .answer(let response):
            let issues = issues(in: response, call)
            return FinalAnswer(
                response: response, credential: credential, instant: now, issues: issues)
        case .failure(let error):
            throw failure(.failure(error), call, retryAfter: nil)
        }
    }

    private func failure(
        _ outcome: AttemptOutcome, _ call: Call, retryAfter: Int64?
    ) -> APIError {
        switch outcome {
        case .failure(let error):
            return call.error(
                error.isTimeout ? .timeout : .serverError, .upstream, retryAfter: retryAfter,
                cause: error)
        case .answer(let response):
            let code: APIError.Code =
                switch response.statusCode {
                case 401: .authenticationError
                case 408: .timeout
                case 429: .rateLimitExceeded
                default: .serverError
                }
            return call.error(
                code, .upstream, status: response.statusCode, retryAfter: retryAfter)
        }
    }
}
