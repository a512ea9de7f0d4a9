/// What a field of a request or an answer did wrong.
public struct FieldIssue: Sendable, Hashable, CustomStringConvertible {
    /// Such as `endpoint`, `headers.X-Y` or `body.user.name`.
    public var field: String
    /// What is wrong with it; goes behind the field's name in a sentence.
    public var reason: String

    /// An issue with one field.
    public init(field: String, reason: String) { (self.field, self.reason) = (field, reason) }

    /// A body that is no JSON.
    static let notJSON = FieldIssue(field: "body", reason: "is not valid JSON")

    /// Field and reason, as a sentence without its full stop.
    public var description: String { "\(field) \(reason)" }
}

/// Why a request ended without an answer: one entry of the catalogue of REQ-01 section 5.1.
///
/// Holds no secret and nothing personal; safe to log as it is.
public struct APIError: Error, Sendable, CustomStringConvertible {
    /// An entry of the catalogue.
    public struct Code: Sendable, Hashable, CaseIterable, CustomStringConvertible {
        private enum Value: String, Sendable, CaseIterable {
            case timeout = "API_TIMEOUT"
            case rateLimitExceeded = "RATE_LIMIT_EXCEEDED"
            case circuitBreakerOpen = "CIRCUIT_BREAKER_OPEN"
            case validationError = "VALIDATION_ERROR"
            case authenticationError = "AUTHENTICATION_ERROR"
            case serverError = "SERVER_ERROR"
            case cancelled = "CANCELLED"
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// No answer in time, or 408. HTTP status 504.
        public static var timeout: Self { .init(.timeout) }
        /// The upstream's limit (429) or the client's own; see ``APIError/origin``. HTTP status 429.
        public static var rateLimitExceeded: Self { .init(.rateLimitExceeded) }
        /// The breaker is open. HTTP status 503.
        public static var circuitBreakerOpen: Self { .init(.circuitBreakerOpen) }
        /// The request or the answer is not as it must be. HTTP status 400.
        public static var validationError: Self { .init(.validationError) }
        /// 401, or no credentials to be had. HTTP status 401.
        public static var authenticationError: Self { .init(.authenticationError) }
        /// 5xx, or no usable answer at all. HTTP status 502.
        public static var serverError: Self { .init(.serverError) }
        /// The caller's task was cancelled. Not in REQ-01: nothing is wrong with the service.
        public static var cancelled: Self { .init(.cancelled) }

        /// The catalogue, and the cancellation.
        public static var allCases: [Self] { Value.allCases.map(Self.init) }

        /// As in the catalogue, such as `API_TIMEOUT`.
        public var description: String { value.rawValue }

        /// The status that the catalogue gives it; 499 for a cancellation.
        public var httpStatus: Int {
            switch value {
            case .timeout: 504
            case .rateLimitExceeded: 429
            case .circuitBreakerOpen: 503
            case .validationError: 400
            case .authenticationError: 401
            case .serverError: 502
            case .cancelled: 499
            }
        }

        /// What a user may be shown, by the catalogue.
        public var userMessage: String {
            switch value {
            case .timeout: "External service timeout"
            case .rateLimitExceeded: "Rate limit exceeded, retry later"
            case .circuitBreakerOpen: "Service temporarily unavailable"
            case .validationError: "Invalid request format"
            case .authenticationError: "Authentication failed"
            case .serverError: "External service error"
            case .cancelled: "The request was cancelled"
            }
        }
    }

    /// Whose word the error is.
    public enum Origin: String, Sendable, Hashable {
        case client
        case upstream
    }

    /// Which entry of the catalogue it is.
    public var code: Code
    /// Whose word it is: the upstream's, or the client's own.
    public var origin: Origin
    /// What is wrong, field by field; empty but for `VALIDATION_ERROR`.
    public var fields: [FieldIssue] = []
    /// What the request's log lines and its header carry as well.
    public var correlationID: CorrelationID
    /// The status of the answer behind the error, if there was one.
    public var statusCode: Int?
    /// How long the upstream asked to wait, where a wait would not have ended in time.
    public var retryAfter: Duration?
    /// What led to it: a ``TransportError``, or the ``APIError`` of the attempt before.
    public var cause: (any Error)?

    /// What a user may be shown, by the catalogue.
    public var userMessage: String { code.userMessage }

    /// An error of your own, for instance for a test.
    public init(
        _ code: Code, origin: Origin, correlationID: CorrelationID, fields: [FieldIssue] = [],
        statusCode: Int? = nil, retryAfter: Duration? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.origin = origin
        self.correlationID = correlationID
        self.fields = fields
        self.statusCode = statusCode
        self.retryAfter = retryAfter
        self.cause = cause
    }

    static func validation(
        _ fields: [FieldIssue], origin: Origin, correlationID: CorrelationID, status: Int? = nil
    ) -> APIError {
        APIError(
            .validationError, origin: origin, correlationID: correlationID, fields: fields,
            statusCode: status)
    }

    /// One line, such as `API_TIMEOUT: External service timeout (upstream, 1f...; after timed_out)`.
    public var description: String {
        var text = "\(code): \(userMessage) (\(origin.rawValue), \(correlationID)"
        if let statusCode { text += ", status \(statusCode)" }
        if let retryAfter { text += ", retry after \(retryAfter)" }
        if !fields.isEmpty { text += "; " + fields.map(\.description).joined(separator: "; ") }
        if let cause { text += "; after \(cause)" }
        return text + ")"
    }
}
