import HTTPTypes

/// The answer that ends a request, with the credential that it was obtained with.
struct FinalAnswer {
    let response: TransportResponse
    let credential: Credential?
    /// The instant at which it arrived, in nanoseconds of the client's time source.
    let instant: Int64
    /// The places at which the body violates the request's schema; empty without a schema.
    let issues: [FieldIssue]

    func belongs(to key: CacheKey) -> Bool {
        credential.map { key.isOf($0.identity) } ?? true
    }
}

/// How one attempt ended, with the answer or the error itself.
enum AttemptOutcome {
    case answer(TransportResponse)
    case failure(TransportError)

    /// The attempt's end as the retry policy sees it. `result` must describe this outcome; it is
    /// passed because reading the answer itself would copy it.
    func forRetry(_ result: AttemptResult, at wallClock: any WallClock) -> RetryMachine.AttemptEnd {
        switch result {
        case .answer(let status):
            .answer(
                status: status,
                retryAfter: status == 429 || status == 503 ? retryAfter(at: wallClock) : nil)
        case .failure(let code): .failure(neverReachedUpstream: code.neverReachedUpstream)
        }
    }

    /// The wait that a 429 or 503 asks for, in nanoseconds from now; nil without a valid
    /// `Retry-After`.
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
    /// Whether the catalogue treats the result as an error: any failure, 401, 408, 429 and 5xx.
    var isError: Bool {
        switch self {
        case .answer(let status): status >= 500 || status == 401 || status == 408 || status == 429
        case .failure: true
        }
    }

    /// What the result tells the breaker about the upstream's health. `wasCut`: the deadline left
    /// the attempt less than the request timeout, so a timeout says nothing about the upstream.
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
