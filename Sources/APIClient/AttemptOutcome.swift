import HTTPTypes

/// A final answer, and whose credential brought it.
struct Answer {
    let response: TransportResponse
    let credential: Credential?
    /// Where it is not as the request's schema says; empty without one.
    let issues: [FieldIssue]

    func belongs(to key: CacheKey) -> Bool {
        credential.map { $0.identity.utf8.elementsEqual(key.identity) } ?? true
    }
}

/// What came of one attempt.
enum AttemptOutcome {
    case answer(TransportResponse)
    case failure(TransportError)

    /// Whether the catalogue makes an error of it.
    var isError: Bool {
        guard case .answer(let response) = self else { return true }
        return response.statusCode >= 500 || [401, 408, 429].contains(response.statusCode)
    }

    func forRetry(at wallClock: any WallClock) -> RetryMachine.Outcome {
        switch self {
        case .answer(let response):
            .answer(status: response.statusCode, retryAfter: retryAfter(at: wallClock))
        case .failure(let error): .failure(neverReachedUpstream: error.neverReachedUpstream)
        }
    }

    /// What a 429 or a 503 asks for, in nanoseconds from now.
    func retryAfter(at wallClock: any WallClock) -> Int64? {
        guard case .answer(let response) = self,
            response.statusCode == 429 || response.statusCode == 503,
            let value = response.headerFields[.retryAfter]
        else { return nil }
        return RetryAfter.delay(value, wallClock: wallClock.now)
    }

    var description: String {
        switch self {
        case .answer(let response): "status \(response.statusCode)"
        case .failure(let error): "\(error.code)"
        }
    }
}

extension AttemptResult {
    /// What the breaker makes of it. `wasCut`: the deadline left less than a whole attempt's timeout,
    /// so a timeout says nothing about the upstream.
    func verdict(wasCut: Bool) -> CircuitBreaker.Verdict {
        switch self {
        case .answer(let status):
            switch status {
            case 408, 429: .neutral
            case 500...: .failure
            default: .success
            }
        case .failure(let code):
            code == .cancelled || (code.isTimeout && wasCut) ? .neutral : .failure
        }
    }
}
