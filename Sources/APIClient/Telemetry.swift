import HTTPTypes
import Logging
import CoreMetrics

/// The client's output for operators: log lines with the correlation id, and metrics.
///
/// Only endpoint, status, codes and figures are written. Parameters, header values and bodies are
/// not, because they may be personal. Texts also pass through the redactor.
struct Telemetry: Sendable {
    let logger: Logger?
    let instruments: Instruments?
    let redactor: SharedRedactor
    /// Logs each step of a request; nil unless the logger's level is debug or below.
    let steps: StepLog?

    init(logger: Logger?, isVerbose: Bool, instruments: Instruments?, redactor: SharedRedactor) {
        var logger = logger
        if isVerbose, let level = logger?.logLevel { logger?.logLevel = min(level, .debug) }
        self.logger = logger
        self.instruments = instruments
        self.redactor = redactor
        steps = logger.flatMap {
            $0.logLevel <= .debug ? StepLog(logger: $0, redactor: redactor) : nil
        }
    }

    /// Whether there is a logger or a metrics factory.
    var isOn: Bool { logger != nil || instruments != nil }

    func ended(_ call: Call, _ response: APIResponse, at now: Int64) {
        instruments?.ended(
            response.isStale ? .stale : response.cached ? .cached : .fresh,
            after: now - call.started)
        write(.info, call) {
            [
                "status": "\(response.statusCode)", "cached": "\(response.cached)",
                "ms": Self.ms(call, now),
            ]
        } message: {
            "request answered"
        }
    }

    func failed(_ call: Call, _ error: APIError, at now: Int64) {
        guard call.isLogged else { return }
        instruments?.ended(.failed, after: now - call.started)
        // Levels by the catalogue's system actions: critical for security, error for persistent
        // failures, info for mistakes of the caller.
        let level: Logger.Level =
            switch error.code {
            case .authenticationError: .critical
            case .timeout, .serverError, .circuitBreakerOpen, .rateLimitExceeded: .error
            default: .info
            }
        write(level, call) {
            [
                "code": "\(error.code)", "origin": "\(error.origin.rawValue)",
                "ms": Self.ms(call, now),
            ]
        } message: {
            "request failed: \(error.description)"
        }
    }

    func waiting(_ call: Call, _ wait: ClientWait, after result: String, at now: Int64) {
        guard call.isLogged else { return }
        instruments?.retries.increment()
        write(.notice, call) {
            ["reason": "\(wait.reason.rawValue)", "wait_ms": "\((wait.until - now) / 1_000_000)"]
        } message: {
            "retrying after \(result)"
        }
    }

    func moved(_ call: Call, _ transition: CircuitBreaker.Transition) {
        guard call.isLogged else { return }
        instruments?.transitions.increment()
        write(transition.to == .open ? .error : .notice, call) {
            ["failures": "\(transition.failures)", "total": "\(transition.total)"]
        } message: {
            "circuit breaker \(transition.from.rawValue) -> \(transition.to.rawValue)"
        }
    }

    func storeFailed(_ call: Call, _ error: any Error) {
        write(.warning, call) {
            [:]
        } message: {
            "cache store failed: \(error)"
        }
    }

    private func write(
        _ level: Logger.Level, _ call: Call, _ metadata: () -> Logger.Metadata,
        message: () -> String
    ) {
        // Nothing is composed for a level that is off.
        guard call.isLogged, let logger, logger.logLevel <= level else { return }
        var metadata = metadata()
        metadata["correlation_id"] = "\(call.correlationID)"
        metadata["method"] = "\(call.request.method.rawValue)"
        metadata["endpoint"] = "\(redactor.redact(call.request.endpoint))"
        logger.log(level: level, "\(redactor.redact(message()))", metadata: metadata)
    }

    private static func ms(_ call: Call, _ now: Int64) -> Logger.MetadataValue {
        "\((now - call.started) / 1_000_000)"
    }
}

/// The client's metrics, created once per client.
struct Instruments: Sendable {
    enum Ending: Int, CaseIterable { case fresh, cached, stale, failed }

    let retries: Counter
    let attempts: Counter
    let transitions: Counter
    private let endings: [Counter]
    private let duration: CoreMetrics.Timer

    init(factory: any MetricsFactory) {
        retries = Counter(label: "api_client_retries_total", factory: factory)
        attempts = Counter(label: "api_client_attempts_total", factory: factory)
        transitions = Counter(label: "api_client_breaker_transitions_total", factory: factory)
        duration = Timer(label: "api_client_request_duration", factory: factory)
        endings = Ending.allCases.map {
            Counter(
                label: "api_client_requests_total", dimensions: [("ending", "\($0)")],
                factory: factory)
        }
    }

    func ended(_ ending: Ending, after nanoseconds: Int64) {
        // The array is in the order of the cases.
        endings[ending.rawValue].increment()
        duration.recordNanoseconds(nanoseconds)
    }
}
