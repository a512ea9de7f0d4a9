extension APIClient {
    /// Waits until the client's own limit lets one more send through, and claims it.
    ///
    /// - Returns: the instant of the claim in the limiter's log; nil if there is no limit.
    /// - Throws: `RATE_LIMIT_EXCEEDED` with origin `client` if the wait would end at or after the
    ///   deadline. `CIRCUIT_BREAKER_OPEN` if there is a wait and the breaker is open before it: a
    ///   request must not wait for the limit only to be refused afterwards.
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
                // The permit is given back at once: it must not be held during the wait.
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

    /// Claims a send that needs no wait: the deadline has not passed and the limit has room.
    /// - Returns: the instant of the claim; nil if the request has to wait or is past its deadline.
    func instantOfSend(_ call: Call) -> Int64? {
        guard let limiter else {
            let now = time.now
            return now < call.deadline ? now : nil
        }
        return limiter.goesAtOnce(before: call.deadline)
    }

    /// Gives back the claim of a send that did not happen.
    func withdraw(_ claim: Int64?) {
        if let limiter, let claim { limiter.withdraw(claimed: claim) }
    }

    /// Moves a claim to the instant of the send.
    /// - Returns: false if the claim is a window (60 s) old or more; it has then been withdrawn.
    func settle(_ claim: Int64?, at now: Int64) -> Bool {
        guard let limiter, let claim, claim != now else { return true }
        return limiter.moved(from: claim, to: now)
    }
}
