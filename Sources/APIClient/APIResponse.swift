public import HTTPTypes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An answer of the external service, as described in REQ-01 section 3.3.
public struct APIResponse: Sendable {
    /// The HTTP status, 100 to 599. The statuses 401, 408, 429 and 5xx are thrown as ``APIError``
    /// instead.
    public var statusCode: Int
    /// The header fields as received.
    public var headers: HTTPFields
    /// The body as received, after decompression.
    public var body: [UInt8]
    /// Whether the answer comes from the cache or from another request's upstream call, so that no
    /// upstream call was made for this request.
    public var cached: Bool
    /// Whether the answer is a stale cache entry, served because the upstream timed out.
    public var isStale: Bool
    /// The time from the call to the answer's arrival, waits and retries included. Later work in
    /// the client, such as caching the answer, is not included.
    public var responseTime: Duration
    /// The id that the request's log lines, its `X-Request-Id` field and its error carry as well.
    public var correlationID: CorrelationID

    /// Makes an answer, for tests or for another client implementation.
    ///
    /// - Parameters:
    ///   - statusCode: 100 to 599.
    ///   - headers: the header fields as received.
    ///   - body: the body after decompression.
    ///   - cached: whether no upstream call was made for the request.
    ///   - isStale: whether the answer is a stale entry that replaces a failed call.
    ///   - responseTime: the time from the call to the answer.
    ///   - correlationID: the id of the request.
    public init(
        statusCode: Int, headers: HTTPFields = [:], body: [UInt8], cached: Bool = false,
        isStale: Bool = false, responseTime: Duration = .zero, correlationID: CorrelationID
    ) {
        self.statusCode = statusCode
        self.headers = headers
        self.body = body
        self.cached = cached
        self.isStale = isStale
        self.responseTime = responseTime
        self.correlationID = correlationID
    }

    /// ``responseTime`` in whole milliseconds, rounded down.
    public var responseTimeMs: Int { Int(responseTime.nanoseconds / 1_000_000) }

    /// Whether the status is in 200...299.
    public var isSuccess: Bool { (200...299).contains(statusCode) }

    /// The body as JSON; `null` if it is empty. The body is parsed on every call, so keep the
    /// result.
    /// - Throws: ``APIError`` with code `VALIDATION_ERROR` if the body is not JSON.
    public func data() throws(APIError) -> JSONValue {
        if body.isEmpty { return .null }
        do { return try JSONValue(parsing: body) } catch { throw invalidBody(error) }
    }

    /// The body, decoded from JSON.
    /// - Throws: ``APIError`` with code `VALIDATION_ERROR` if the status is not 2xx or the body
    ///   does not decode; the field details name the place in the body.
    public func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws(APIError)
        -> Value
    {
        guard isSuccess else {
            throw .validation(
                [FieldIssue(field: "status_code", reason: "is \(statusCode), not 2xx")],
                origin: .upstream, correlationID: correlationID, status: statusCode)
        }
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch {
            throw invalidBody(error)
        }
    }

    private func invalidBody(_ error: any Error) -> APIError {
        .validation(
            [Self.issue(error)], origin: .upstream, correlationID: correlationID, status: statusCode
        )
    }

    /// The place and the kind of a decoding error. The value itself is left out, because it may be
    /// personal.
    private static func issue(_ error: any Error) -> FieldIssue {
        func place(_ path: [any CodingKey]) -> String {
            path.reduce(into: "body") { place, key in
                place += key.intValue.map { "[\($0)]" } ?? ".\(name(key))"
            }
        }
        // A key that the program declares is an enum case without payload. Any other key, such as
        // one of a dictionary, comes from the answer and may be personal itself.
        func name(_ key: any CodingKey) -> String {
            let mirror = Mirror(reflecting: key)
            return mirror.displayStyle == .enum && mirror.children.isEmpty ? key.stringValue : "*"
        }
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            return FieldIssue(field: place(context.codingPath + [key]), reason: "is missing")
        case DecodingError.typeMismatch(let type, let context):
            return FieldIssue(field: place(context.codingPath), reason: "is no \(type)")
        case DecodingError.valueNotFound(let type, let context):
            return FieldIssue(field: place(context.codingPath), reason: "is null, not \(type)")
        case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
            return FieldIssue(field: place(context.codingPath), reason: "is not valid")
        default:
            return .notJSON
        }
    }
}
