import APIClient
import Upstream

/// What an attempt's end means to its client.
struct ServedOutcome {
    /// Answers that are worth another attempt; 401 is, with other credentials.
    private static let passing: Set = [401, 408, 429, 500, 502, 503, 504]

    let isSuccess: Bool
    /// Whether it leaves nothing to try again.
    let isFinal: Bool
    /// Whether the client went away before its end.
    let isGone: Bool
    /// Whether the client may not be sure that nothing was done.
    let mayHaveActed: Bool
    /// Whether a Retry-After on it binds.
    let asksToWait: Bool
    /// For the trace.
    let result: RequestEnding

    /// - Parameters:
    ///   - ending: how it ended for the client.
    ///   - decision: what was decided for it.
    ///   - bodies: looks at what was answered.
    ///   - schema: of the route.
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
        // A 4xx says that it was not done, a 408 apart: there the upstream is tired of waiting.
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
    /// What a client has got of an exchange that was carried out.
    init(_ ending: Decision.Ending) {
        switch ending {
        case .answer(let answer): self = .answer(status: answer.status)
        case .broken, .hang: self = .failure(TransportError(ending: ending).code)
        }
    }
}
