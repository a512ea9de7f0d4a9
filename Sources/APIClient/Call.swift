import HTTPTypes

/// One logical request on its way through the client.
struct Call {
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
