import HTTPTypes

extension APIClient {
    /// Executes a request: validate, cache, single flight, then attempts until one is final.
    ///
    /// - Parameters:
    ///   - request: see ``APIRequest``.
    ///   - observer: is told each step; also gives the request its number.
    /// - Returns: the answer, whatever its status, but for those that are errors.
    /// - Throws: ``APIError``: any code of the catalogue, or `CANCELLED`.
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
            if telemetry.isOn { telemetry.ended(call, response, at: time.now) }
            return response
        } catch {
            telemetry.failed(call, error, at: time.now)
            throw error
        }
    }

    private func uncached(_ call: Call) async throws(APIError) -> APIResponse {
        guard call.request.method.isWrite else {
            return response(try await attempts(call).response, to: call)
        }
        // A write that failed may have had its effect all the same.
        do {
            let answer = try await attempts(call)
            await invalidate(call)
            return response(answer.response, to: call)
        } catch {
            await invalidate(call)
            throw error
        }
    }

    func response(_ answer: TransportResponse, to call: Call) -> APIResponse {
        APIResponse(
            statusCode: answer.statusCode, headers: answer.headerFields, body: answer.body,
            cached: false, isStale: false, responseTime: .nanoseconds(time.now - call.started),
            correlationID: call.correlationID)
    }
}
