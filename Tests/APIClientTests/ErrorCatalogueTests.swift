import APIClient
import HTTPTypes
import Testing
import WindtunnelTesting

@Suite("The error catalogue and the recovery table") struct ErrorCatalogueTests {
    @Test(
        arguments: [
            (.timeout, "API_TIMEOUT", 504, "External service timeout"),
            (.rateLimitExceeded, "RATE_LIMIT_EXCEEDED", 429, "Rate limit exceeded, retry later"),
            (.circuitBreakerOpen, "CIRCUIT_BREAKER_OPEN", 503, "Service temporarily unavailable"),
            (.validationError, "VALIDATION_ERROR", 400, "Invalid request format"),
            (.authenticationError, "AUTHENTICATION_ERROR", 401, "Authentication failed"),
            (.serverError, "SERVER_ERROR", 502, "External service error"),
        ] as [(APIError.Code, String, Int, String)])
    func `has the code, status and user message of REQ-01`(
        code: APIError.Code, name: String, status: Int, message: String
    ) {
        #expect(code.description == name)
        #expect(code.httpStatus == status)
        #expect(code.userMessage == message)
        #expect(APIError.Code.allCases.contains(code))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var reply: ScriptedReply
        var code: APIError.Code
        var status: Int?
        /// The number of sends of a GET with 3 retries.
        var sends: Int
        var isNeutral = false

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "hang", reply: .hang, code: .timeout, sends: 4),
        Case(
            name: "connect timed out", reply: .failure(.connectTimedOut), code: .timeout, sends: 4),
        Case(name: "408", reply: .status(408), code: .timeout, status: 408, sends: 4),
        Case(name: "refused", reply: .failure(.connectionRefused), code: .serverError, sends: 4),
        Case(name: "reset", reply: .failure(.connectionReset), code: .serverError, sends: 4),
        Case(name: "truncated", reply: .failure(.truncated), code: .serverError, sends: 4),
        Case(name: "malformed", reply: .failure(.malformed), code: .serverError, sends: 4),
        Case(name: "500", reply: .status(500), code: .serverError, status: 500, sends: 4),
        Case(name: "501", reply: .status(501), code: .serverError, status: 501, sends: 1),
        Case(name: "502", reply: .status(502), code: .serverError, status: 502, sends: 4),
        Case(name: "503", reply: .status(503), code: .serverError, status: 503, sends: 4),
        Case(name: "504", reply: .status(504), code: .serverError, status: 504, sends: 4),
        Case(name: "505", reply: .status(505), code: .serverError, status: 505, sends: 1),
        Case(name: "429", reply: .status(429), code: .rateLimitExceeded, status: 429, sends: 2),
        Case(name: "401", reply: .status(401), code: .authenticationError, status: 401, sends: 1),
    ]

    @Test(arguments: cases)
    func `an outcome gives its code, its origin and as many sends as the table says`(
        each: Case
    ) throws {
        let rig = try Rig([], last: each.reply)
        let error = try #require(try rig.run { rig in await rig.end(APIRequest(.get, "/a")) }.error)
        #expect(error.code == each.code)
        #expect(error.origin == .upstream)
        #expect(error.statusCode == each.status)
        #expect(error.fields.isEmpty)
        #expect(rig.sends.count == each.sends)
        #expect((error.cause is TransportError) == (each.status == nil))
    }

    @Test func `an open breaker is not retried and names the client`() throws {
        let rig = try Rig([], last: .status(500)) { $0.retry.isEnabled = false }
        let error = try rig.run { rig async throws in
            for _ in 0..<5 { _ = await rig.end(APIRequest(.get, "/a")) }
            return await rig.end(APIRequest(.get, "/a")).error
        }
        #expect(error?.code == .circuitBreakerOpen)
        #expect(error?.origin == .client)
        #expect(error?.retryAfter == .seconds(30))
        #expect(rig.sends.count == 5)
    }

    @Test func `a cancellation has a code of its own, outside the catalogue`() throws {
        let rig = try Rig([], last: .hang)
        let end = try rig.run { rig async throws in
            await rig.end(APIRequest(.get, "/a"), cancelledAfter: second)
        }
        #expect(end.error?.code == .cancelled)
        #expect(end.error?.origin == .client)
        #expect(APIError.Code.cancelled.httpStatus == 499)
    }

    @Test func `a description is one line that tells code, origin, id, status, wait and cause`()
        throws
    {
        let rig = try Rig([.failure(.connectionReset, "peer\ngone")], last: .status(503)) {
            $0.retry.retriesMax = 0
        }
        let (reset, limited) = try rig.run { rig async throws in
            (
                await rig.end(APIRequest(.get, "/a")).error,
                await rig.end(APIRequest(.get, "/b")).error
            )
        }
        let first = try #require(reset)
        #expect(
            first.description
                == "SERVER_ERROR: External service error (upstream, \(first.correlationID); "
                + "after connection_reset: peer gone)")
        let other = try #require(limited)
        #expect(
            other.description
                == "SERVER_ERROR: External service error (upstream, \(other.correlationID), "
                + "status 503)")
    }

    @Test func `requests that fail at once fail with different correlation ids`() throws {
        let rig = try Rig([], last: .status(501))
        let ends = try rig.run { rig async throws in
            await rig.ends(of: Array(repeating: APIRequest(.delete, "/a"), count: 50))
        }
        #expect(Set(ends.compactMap { $0.error?.correlationID }).count == 50)
    }
}
