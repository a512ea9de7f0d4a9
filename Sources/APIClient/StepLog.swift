import HTTPTypes
import Logging

/// Logs each step of a request at level debug, which is what DEBUG_MODE asks for.
final class StepLog: Sendable {
    private let logger: Logger
    private let redactor: SharedRedactor

    init(logger: Logger, redactor: SharedRedactor) {
        self.logger = logger
        self.redactor = redactor
    }

    func write(_ event: ClientEvent, of call: Call, at now: Int64) {
        logger.debug(
            "\(Self.text(event, at: now))",
            metadata: [
                "correlation_id": "\(call.correlationID)",
                "method": "\(call.request.method.rawValue)",
                "endpoint": "\(redactor.redact(call.request.endpoint))",
                "ms": "\((now - call.started) / 1_000_000)",
            ])
    }

    private static func text(_ event: ClientEvent, at now: Int64) -> String {
        switch event {
        case .cache(.hit(let age)): "cache hit, \(age / 1_000_000) ms old"
        case .cache(.miss): "cache miss"
        case .cache(.followed): "shared another request's answer"
        case .cache(.stored(let life)): "cached for \(life / 1_000_000) ms"
        case .cache(.staleServed(let age)): "stale answer served, \(age / 1_000_000) ms old"
        case .cache(.invalidated): "cached answers of this path dropped"
        case .waiting(let wait):
            "waiting for \(wait.reason.rawValue), \((wait.until - now) / 1_000_000) ms at the most"
        case .attemptStarted(let attempt, let timeout):
            "attempt \(attempt) started, timeout \(timeout / 1_000_000) ms"
        case .attemptEnded(let attempt, .answer(let status), let verdict):
            "attempt \(attempt) ended with status \(status), \(verdict.rawValue) to the breaker"
        case .attemptEnded(let attempt, .failure(let code), let verdict):
            "attempt \(attempt) ended with \(code), \(verdict.rawValue) to the breaker"
        case .refusedByBreaker(let retryAt):
            "refused by the breaker for \((retryAt - now) / 1_000_000) ms"
        case .refusedByLimiter(let until):
            "refused by the client's own limit for \((until - now) / 1_000_000) ms"
        case .gaveUp(let reason): "gave up: \(reason.rawValue)"
        case .admittedByBreaker(let isProbe):
            "admitted by the breaker\(isProbe ? " as a probe" : "")"
        case .breaker(let transition):
            "breaker \(transition.from.rawValue) -> \(transition.to.rawValue)"
        }
    }
}
