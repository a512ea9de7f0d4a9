import HTTPTypes

/// A final answer, and whose credential brought it.
struct FinalAnswer {
    let response: TransportResponse
    let credential: Credential?
    /// When it came.
    let instant: Int64
    /// Where it is not as the request's schema says; empty without one.
    let issues: [FieldIssue]

    func belongs(to key: CacheKey) -> Bool {
        credential.map { key.isOf($0.identity) } ?? true
    }
}

/// What came of one attempt.
enum AttemptOutcome {
    case answer(TransportResponse)
    case failure(TransportError)

    /// What a retry policy is told. `result` is this outcome's: to look at the answer itself would copy it.
    func forRetry(_ result: AttemptResult, at wallClock: any WallClock) -> RetryMachine.AttemptEnd {
        switch result {
        case .answer(let status):
            .answer(
                status: status,
                retryAfter: status == 429 || status == 503 ? retryAfter(at: wallClock) : nil)
        case .failure(let code): .failure(neverReachedUpstream: code.neverReachedUpstream)
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
    /// Whether the catalogue makes an error of it.
    var isError: Bool {
        switch self {
        case .answer(let status): status >= 500 || status == 401 || status == 408 || status == 429
        case .failure: true
        }
    }

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
