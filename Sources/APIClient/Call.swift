import HTTPTypes

/// One logical request on its way through the client.
///
/// A class: it is handed from function to function, and a copy would retain a dozen references.
final class Call: Sendable {
    let request: APIRequest
    let id: CallID
    let correlationID: CorrelationID
    let observer: (any RequestObserver)?
    /// Instants of the client's time source.
    let started: Int64
    let deadline: Int64
    /// Whether it may be sent again although it may have had its effect.
    let isIdempotent: Bool
    let steps: StepLog?

    init(
        _ request: APIRequest, _ id: CallID, _ correlationID: CorrelationID,
        observer: (any RequestObserver)?, steps: StepLog?, started: Int64, deadline: Int64
    ) {
        self.request = request
        self.id = id
        self.correlationID = correlationID
        self.observer = observer
        self.steps = steps
        self.started = started
        self.deadline = deadline
        isIdempotent =
            request.method.isIdempotent || request.headers.fields[.idempotencyKey] != nil
    }

    @inline(__always) func observe(_ event: @autoclosure () -> ClientEvent, at now: Int64) {
        if let observer { observer.observe(event(), at: now) }
        if let steps { steps.write(event(), of: self, at: now) }
    }

    func error(
        _ code: APIError.Code, _ origin: APIError.Origin, status: Int? = nil,
        retryAfter: Int64? = nil, cause: (any Error)? = nil
    ) -> APIError {
        APIError(
            code, origin: origin, correlationID: correlationID, statusCode: status,
            retryAfter: retryAfter.map { .nanoseconds($0) }, cause: cause)
    }
}
