import HTTPTypes

/// One logical request, from its execution to its result.
///
/// It is a class because it is passed between functions, and copying it would retain a dozen
/// references.
final class Call: Sendable {
    let request: APIRequest
    let id: CallID
    let correlationID: CorrelationID
    let base: BaseURL
    let observer: (any RequestObserver)?
    /// The start and the deadline of the request, in nanoseconds of the client's time source.
    let started: Int64
    let deadline: Int64
    /// Whether the request may be sent again although it may have taken effect: by its method, or
    /// by an `Idempotency-Key`.
    let isIdempotent: Bool
    let steps: StepLog?
    /// Whether the log and the metrics cover this call.
    let isLogged: Bool

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
        isLogged = observer?.isLogged ?? true
        self.steps = isLogged ? steps : nil
        self.started = started
        self.deadline = deadline
        isIdempotent =
            self.request.method.isIdempotent
            || self.request.headers.fields[.idempotencyKey] != nil
    }

    /// Path and query, percent-encoded. Composed on each read, because a transport in memory may
    /// not read it.
    var target: String {
        let path = base.prefix.isEmpty ? request.endpoint : base.prefix + request.endpoint
        return request.params.isEmpty ? path : path + "?" + request.params.encoded()
    }

    /// A copy of the call with another path and query, for a transport that redirects requests.
    func aimed(at target: String) -> Call {
        var request = request
        request.endpoint = target
        request.params = [:]
        return Call(
            request, id, correlationID,
            base: BaseURL(scheme: base.scheme, authority: base.authority), observer: observer,
            steps: steps, started: started, deadline: deadline)
    }

    // The clock is read only if there is an observer or a step log: reading it costs as much as a
    // whole breaker.
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
