import HTTPTypes

/// One logical request on its way through the client.
///
/// A class: it is handed from function to function, and a copy would retain a dozen references.
final class Call: Sendable {
    let request: APIRequest
    let id: CallID
    let correlationID: CorrelationID
    let base: BaseURL
    let observer: (any RequestObserver)?
    /// Instants of the client's time source.
    let started: Int64
    let deadline: Int64
    /// Whether it may be sent again although it may have had its effect.
    let isIdempotent: Bool
    let steps: StepLog?

    init(
        _ request: consuming APIRequest, _ id: CallID, _ correlationID: CorrelationID,
        base: BaseURL, observer: (any RequestObserver)?, steps: StepLog?, started: Int64,
        deadline: Int64
    ) {
        self.request = request
        self.id = id
        self.correlationID = correlationID
        self.base = base
        self.observer = observer
        self.steps = steps
        self.started = started
        self.deadline = deadline
        isIdempotent =
            self.request.method.isIdempotent
            || self.request.headers.fields[.idempotencyKey] != nil
    }

    /// Path and query, percent-encoded. Put together when read; a transport in memory may not need it.
    var target: String {
        let path = base.prefix.isEmpty ? request.endpoint : base.prefix + request.endpoint
        return request.params.isEmpty ? path : path + "?" + request.params.encoded()
    }

    /// The same call of another path and query, for a transport that changes where a request goes.
    func aimed(at target: String) -> Call {
        var request = request
        request.endpoint = target
        request.params = [:]
        return Call(
            request, id, correlationID,
            base: BaseURL(scheme: base.scheme, authority: base.authority), observer: observer,
            steps: steps, started: started, deadline: deadline)
    }

    // The clock is read only for somebody: in production that costs as much as a whole breaker.
    @inline(__always) func observe(
        _ event: @autoclosure () -> ClientEvent, at now: @autoclosure () -> Int64
    ) {
        guard observer != nil || steps != nil else { return }
        let now = now()
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
