import HTTPTypes
import APIClient

extension Recorder: FlightEventConsumer {
    /// Writes the trace line of an event. Some events have none.
    @inline(__always) func consume(
        _ event: FlightEvent, of request: RequestRecord, at now: Int64
    ) {
        let call = request.call
        switch event {
        case .arrived:
            self.request(
                begin(request), call, method: request.method.rawValue, path: request.path, at: now)
        case .callerGaveUp: cancelled(lines(request), call, at: now)
        case .ended(let ending): end(lines(request), call, ending, at: now)
        case .cache(let event): cache(lines(request), call, event, at: now)
        case .waiting(let wait): self.wait(lines(request), call, wait, at: now)
        case .attemptDecided(let attempt): self.attempt(lines(request), call, attempt, at: now)
        case .attemptEnded(let attempt, let result):
            attemptEnded(lines(request), call, attempt.number, result, at: now)
        case .unseenAttemptEnded(let number, let result):
            attemptEnded(lines(request), call, number, result, at: now)
        case .refusedByBreaker(_, let refusal):
            refused(lines(request), call, by: "breaker", until: refusal.retryAt, at: now)
        case .refusedByLimiter(let until):
            refused(lines(request), call, by: "limiter", until: until, at: now)
        case .gaveUp(let reason): gaveUp(lines(request), call, reason, at: now)
        case .breakerMoved(let transition):
            breaker(lines(request), call, transition, at: now)
        case .attemptStarted, .admittedByBreaker, .attemptSettled, .firstAttemptFailed: break
        }
    }

    /// Passes the last lines to the writer.
    func finish(at instant: Int64) { handOver() }

    /// The request's own buffer, held until its ending is known; nil: the trace does not select requests.
    @inline(__always) private func lines(_ request: RequestRecord) -> RequestLines? {
        keepsRequestsApart ? apart.value[request.slot] : nil
    }

    @inline(__always) private func begin(_ request: RequestRecord) -> RequestLines? {
        keepsRequestsApart ? beginApart(request) : nil
    }

    @inline(never) private func beginApart(_ request: RequestRecord) -> RequestLines {
        while apart.value.count <= request.slot { apart.value.append(RequestLines()) }
        return apart.value[request.slot]
    }
}
