import HTTPTypes

extension APIClient {
    /// Executes a request: validation, cache, single flight, then attempts until one is final.
    ///
    /// - Parameters:
    ///   - request: what to send. It is validated before anything is sent.
    ///   - observer: is told each step and supplies the request's number. nil: the client numbers
    ///     its requests itself.
    /// - Returns: the answer of any status except 401, 408, 429 and 5xx, which are thrown as
    ///   errors.
    /// - Throws: ``APIError`` with any code of the catalogue, or `CANCELLED`.
    public func execute(
        _ request: consuming APIRequest, observer: (any RequestObserver)? = nil
    ) async throws(APIError) -> APIResponse {
        let id = observer?.call ?? nextCallID()
        let now = time.now
        let issues = request.issues()
        let isCacheable = isCacheable(request)
        let call = Call(
            request, id, CorrelationID(id, chance), base: baseURL, observer: observer,
            steps: telemetry.steps, started: now, deadline: now.addingSaturated(totalTimeout))
        do throws(APIError) {
            if !issues.isEmpty {
                throw APIError.validation(
                    issues, origin: .client, correlationID: call.correlationID)
            }
            let response = try await (isCacheable ? cached(call) : uncached(call))
            if telemetry.isOn, call.isLogged { telemetry.ended(call, response, at: time.now) }
            return response
        } catch {
            telemetry.failed(call, error, at: time.now)
            throw error
        }
    }

    // Inlined into `execute` to save one async frame per request.
    @inline(__always) private func uncached(_ call: Call) async throws(APIError) -> APIResponse {
        guard call.request.method.isWrite else {
            return try response(await attempts(call), to: call)
        }
        // A write that failed may still have taken effect.
        let answer: FinalAnswer
        do {
            answer = try await attempts(call)
        } catch {
            await invalidate(call)
            throw error
        }
        await invalidate(call)
        return try response(answer, to: call)
    }

    func response(
        _ answer: consuming FinalAnswer, to call: Call
    ) throws(APIError) -> APIResponse {
        let response = answer.response
        if !answer.issues.isEmpty {
            throw invalid(answer.issues, status: response.statusCode, call)
        }
        return APIResponse(
            statusCode: response.statusCode, headers: response.headerFields, body: response.body,
            cached: false, isStale: false,
            responseTime: .nanoseconds(answer.instant - call.started),
            correlationID: call.correlationID)
    }
}
