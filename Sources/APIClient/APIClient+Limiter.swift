extension APIClient {
    /// Waits until the client's own limit lets one more send through, and enters it.
    ///
    /// - Returns: the instant under which it is entered; nil where there is no limit.
    /// - Throws: `RATE_LIMIT_EXCEEDED` with origin `client` where the wait would not end in time;
    ///   `CIRCUIT_BREAKER_OPEN` where there is a wait and the breaker is open before it: to wait
    ///   for the limit only to be refused would not be failing fast.
    func claimSend(_ call: Call, after lastFailure: APIError?) async throws(APIError) -> Int64? {
        guard let limiter else { return nil }
        let ticket = limiter.enqueue()
        while true {
            let (answer, now) = limiter.ask(ticket, call.id)
            guard case .wait(let sleeper) = answer else { return now }
            let instant = sleeper.until
            do throws(APIError) {
                guard instant < call.deadline else {
                    call.observe(.refusedByLimiter(until: instant), at: now)
                    throw call.error(
                        .rateLimitExceeded, .client, retryAfter: instant - now, cause: lastFailure)
                }
                // A permit is not held through the wait.
                await giveBack(try await passBreaker(call, after: lastFailure, isRehearsal: true))
                let wait = ClientWait(reason: .limiter, until: instant, lower: now, upper: instant)
                call.observe(.waiting(wait), at: now)
                let outcome = await time.wait(
                    for: sleeper.gate, until: instant, kind: .wakeUp, call: call.id)
                if outcome == .cancelled { throw call.error(.cancelled, .client) }
            } catch {
                limiter.leave(ticket)
                throw error
            }
        }
    }

    /// The instant of a send that nothing has to be waited for: the deadline has not come, and the limit lets
    /// it through. It is entered then.
    func instantOfSend(_ call: Call) -> Int64? {
        guard let limiter else {
            let now = time.now
            return now < call.deadline ? now : nil
        }
        return limiter.goesAtOnce(before: call.deadline)
    }

    /// Takes a claim back: the send never happened.
    func withdraw(_ claim: Int64?) {
        if let limiter, let claim { limiter.withdraw(claimed: claim) }
    }

    /// Moves a claim to the instant of the send.
    /// - Returns: false where it is too old and has been withdrawn.
    func settle(_ claim: Int64?, at now: Int64) -> Bool {
        guard let limiter, let claim, claim != now else { return true }
        return limiter.moved(from: claim, to: now)
    }
}
