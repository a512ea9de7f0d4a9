/// A problem with one field of a request, an answer or the settings.
public struct FieldIssue: Sendable, Hashable, CustomStringConvertible {
    /// The field's name, such as `endpoint`, `headers.X-Y` or `body.user.name`.
    public var field: String
    /// The problem, worded to follow the field's name in a sentence.
    public var reason: String

    /// Makes an issue with one field.
    public init(field: String, reason: String) { (self.field, self.reason) = (field, reason) }

    /// The body is not JSON.
    static let notJSON = FieldIssue(field: "body", reason: "is not valid JSON")

    /// The field and the reason, as a sentence without its full stop.
    public var description: String { "\(field) \(reason)" }
}

/// The reason why a request ended without an answer: one entry of the catalogue of REQ-01 section
/// 5.1.
///
/// An error holds no secret and no personal data, so it can be logged as it is.
public struct APIError: Error, Sendable, CustomStringConvertible {
    /// The kind of an error: an entry of the catalogue, or the cancellation.
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

        /// The upstream did not answer in time, or answered 408. HTTP status 504.
        public static var timeout: Self { .init(.timeout) }
        /// A rate limit was exceeded: the upstream's (429) or the client's own, as
        /// ``APIError/origin`` tells. HTTP status 429.
        public static var rateLimitExceeded: Self { .init(.rateLimitExceeded) }
        /// The circuit breaker is open, so the request was not sent. HTTP status 503.
        public static var circuitBreakerOpen: Self { .init(.circuitBreakerOpen) }
        /// The request, the answer or the configuration is not valid; ``APIError/fields`` lists the
        /// problems. HTTP status 400.
        public static var validationError: Self { .init(.validationError) }
        /// The upstream answered 401, or the provider threw instead of supplying a credential. HTTP
        /// status 401.
        public static var authenticationError: Self { .init(.authenticationError) }
        /// The upstream answered 5xx, or gave no usable answer at all. HTTP status 502.
        public static var serverError: Self { .init(.serverError) }
        /// The caller's task was cancelled. This code is not in REQ-01. HTTP status 499.
        public static var cancelled: Self { .init(.cancelled) }

        /// All codes: the catalogue in its order, then the cancellation.
        public static var allCases: [Self] { Value.allCases.map(Self.init) }

        /// The code as written in the catalogue, such as `API_TIMEOUT`.
        public var description: String { value.rawValue }

        /// The HTTP status that the catalogue assigns to the code; 499 for a cancellation.
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

        /// A message for end users, as worded in the catalogue.
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

    /// The side that caused the error.
    public enum Origin: String, Sendable, Hashable {
        /// The client itself decided: validation, its own limit, its breaker, its deadline or a
        /// cancellation.
        case client
        /// The upstream answered with an error, or an attempt to reach it failed.
        case upstream
    }

    /// The entry of the catalogue.
    public var code: Code
    /// The side that caused the error: the client's own policies, or the upstream.
    public var origin: Origin
    /// The problems, field by field. Empty except for `VALIDATION_ERROR`.
    public var fields: [FieldIssue] = []
    /// The id that the request's log lines and its `X-Request-Id` field carry as well.
    public var correlationID: CorrelationID
    /// The HTTP status of the answer that caused the error; nil if there was no answer.
    public var statusCode: Int?
    /// Time until a retry can succeed: from Retry-After, the breaker's next probe or the limiter.
    /// nil: unknown.
    public var retryAfter: Duration?
    /// The error behind this one: a ``TransportError``, or the ``APIError`` of the previous
    /// attempt.
    public var cause: (any Error)?

    /// A message for end users, as worded in the catalogue.
    public var userMessage: String { code.userMessage }

    /// Makes an error, for instance for a test.
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

    /// All details in one line, such as
    /// `API_TIMEOUT: External service timeout (upstream, 1f...; after timed_out)`.
    public var description: String {
        var text = "\(code): \(userMessage) (\(origin.rawValue), \(correlationID)"
        if let statusCode { text += ", status \(statusCode)" }
        if let retryAfter { text += ", retry after \(retryAfter)" }
        if !fields.isEmpty { text += "; " + fields.map(\.description).joined(separator: "; ") }
        if let cause { text += "; after \(cause)" }
        return text + ")"
    }
}
