import APIClient
import Upstream

/// The meaning of an attempt's end for its client.
struct ServedOutcome {
    /// Statuses that are worth another attempt; 401 with other credentials.
    private static let passing: Set = [401, 408, 429, 500, 502, 503, 504]

    let isSuccess: Bool
    /// Whether the result is final, that is, not retryable.
    let isFinal: Bool
    /// Whether the client disconnected before the end.
    let isGone: Bool
    /// Whether, as far as the client knows, the upstream may have acted on it.
    let mayHaveActed: Bool
    /// Whether a Retry-After field on the answer applies.
    let asksToWait: Bool
    /// The result for the trace.
    let result: RequestEnding

    /// - Parameters:
    ///   - ending: how the delivery ended.
    ///   - decision: the upstream's decision.
    ///   - bodies: checks the body of the answer.
    ///   - schema: the schema of the route; nil: any JSON is valid.
    init(
        _ ending: ServedEnding, _ decision: Decision, _ bodies: BodyCheck, schema: JSONSchema?
    ) {
        guard ending == .delivered, case .answer(let answer) = decision.ending else {
            isGone = ending == .clientGone
            (isSuccess, isFinal, asksToWait) = (false, false, false)
            mayHaveActed = !decision.ending.isBeforeRequest
            result = .error(isGone ? .timeout : .serverError, .upstream)
            return
        }
        isGone = false
        let status = answer.status
        isSuccess = status < 400
        isFinal = !Self.passing.contains(status)
        // A 4xx means that nothing was done, except 408: the upstream stopped waiting for the request.
        mayHaveActed = status < 400 || status >= 500 || status == 408
        asksToWait = status == 429 || status == 503
        result =
            switch status {
            case 429: .error(.rateLimitExceeded, .upstream)
            case 401: .error(.authenticationError, .upstream)
            case 408: .error(.timeout, .upstream)
            case 500...: .error(.serverError, .upstream)
            default:
                .answer(
                    status: status,
                    isValid: bodies.isValid(
                        answer.body, status: status, fields: answer.fields, as: schema),
                    source: .upstream)
            }
    }
}

extension AttemptResult {
    /// The result for a client whose exchange was carried out completely.
    init(_ ending: Decision.Ending) {
        switch ending {
        case .answer(let answer): self = .answer(status: answer.status)
        case .broken, .hang: self = .failure(TransportError(ending: ending).code)
        }
    }
}
