public import HTTPTypes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An answer of the external service, as REQ-01 section 3.3 describes it.
public struct APIResponse: Sendable {
    /// 100 to 599. Answers that the client makes errors of (401, 408, 429, 5xx) never come here.
    public var statusCode: Int
    /// The header fields as they came.
    public var headers: HTTPFields
    /// The body as it came, decompressed.
    public var body: [UInt8]
    /// Whether no upstream call of its own was made for it.
    public var cached: Bool
    /// Whether it is a stale entry, served because the upstream timed out.
    public var isStale: Bool
    /// From the call to the answer's arrival, waits and retries included; what the client does with it
    /// afterwards, such as keeping it, is not.
    public var responseTime: Duration
    /// What the request's log lines and its header carry as well.
    public var correlationID: CorrelationID

    /// An answer, for a client of your own.
    ///
    /// - Parameters:
    ///   - statusCode: 100 to 599.
    ///   - headers: the header fields as they came.
    ///   - body: as it came, decompressed.
    ///   - cached: whether no upstream call was made for it.
    ///   - isStale: whether it is a stale entry that stands in for a failed call.
    ///   - responseTime: from the call to the answer.
    ///   - correlationID: of the call.
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

    /// As ``responseTime``, in whole milliseconds.
    public var responseTimeMs: Int { Int(responseTime.nanoseconds / 1_000_000) }

    /// Whether the status is 200 to 299.
    public var isSuccess: Bool { (200...299).contains(statusCode) }

    /// The body as JSON; `null` where there is none. Parsed at each call, so keep the result.
    /// - Throws: ``APIError`` with code `VALIDATION_ERROR` where the body is not JSON.
    public func data() throws(APIError) -> JSONValue {
        if body.isEmpty { return .null }
        do { return try JSONValue(parsing: body) } catch { throw invalidBody(error) }
    }

    /// The body as a value of your own.
    /// - Throws: ``APIError`` with code `VALIDATION_ERROR`: the status is not 2xx, or the body does
    ///   not decode; the field details name the place in the body.
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

    /// Where and why decoding failed; never what stood there, which may be personal.
    private static func issue(_ error: any Error) -> FieldIssue {
        func place(_ path: [any CodingKey]) -> String {
            path.reduce(into: "body") { place, key in
                place += key.intValue.map { "[\($0)]" } ?? ".\(name(key))"
            }
        }
        // A key that the program declares is a case without payload; one that the answer brought along,
        // such as a dictionary's, may be personal itself.
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
