package import HTTPTypes

extension APIClient {
    private static let issuesMax = 20

    /// The places at which a final answer violates the request's schema, at most 20. Empty without
    /// a schema, for answers that are not 2xx, and for empty bodies.
    func issues(in answer: TransportResponse, _ call: Call) -> [FieldIssue] {
        guard let schema = call.request.responseSchema else { return [] }
        return schema.issues(
            status: answer.statusCode, fields: answer.headerFields, body: answer.body,
            atMost: Self.issuesMax, naming: telemetry.redactor.redact)
    }

    /// Whether an answer may be cached: its body is empty or JSON, and satisfies the schema if
    /// there is one. With a schema the body has been parsed and checked already.
    func isWhatItShouldBe(_ answer: FinalAnswer, _ call: Call) -> Bool {
        if call.request.responseSchema != nil { return answer.issues.isEmpty }
        let body = answer.response.body
        return body.isEmpty || (try? JSONValue(parsing: body)) != nil
    }

    func invalid(_ issues: [FieldIssue], status: Int, _ call: Call) -> APIError {
        .validation(
            issues, origin: .upstream, correlationID: call.correlationID, status: status)
    }
}

extension JSONSchema {
    /// The places at which an answer violates the schema; empty if it is not 2xx or has no body.
    ///
    /// - Parameters:
    ///   - status: the answer's status.
    ///   - fields: the answer's header fields, of which only `Content-Type` is checked.
    ///   - body: the answer's body.
    ///   - limit: the largest number of places that are returned, 1 or more.
    ///   - naming: turns a media type into the text that an error shows. The client redacts secrets
    ///     here, because an upstream may repeat a secret that it was sent.
    /// - Returns: the places, each with a description of the violation.
    package func issues(
        status: Int, fields: HTTPFields, body: [UInt8], atMost limit: Int,
        naming: (String) -> String = { $0 }
    ) -> [FieldIssue] {
        guard (200...299).contains(status), !body.isEmpty else { return [] }
        if let value = fields[.contentType], let reason = MediaType.flaw(of: value, naming) {
            return [FieldIssue(field: "headers.Content-Type", reason: reason)]
        }
        guard let value = try? JSONValue(parsing: body) else { return [.notJSON] }
        return violations(in: value, atMost: limit).map {
            FieldIssue(field: $0.field, reason: $0.sentence)
        }
    }
}

/// The type and subtype of a `Content-Type` (RFC 9110 section 8.3.1), without its parameters.
struct MediaType {
    /// As written, such as `text/html`; the type and the subtype have at most 127 bytes each.
    let name: String

    /// nil if the text is not a media type.
    init?(_ text: String) {
        let end = text.utf8.firstIndex(of: UInt8(ascii: ";")) ?? text.utf8.endIndex
        let bytes = FieldSyntax.trimmed(text.utf8[..<end])
        let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isWellFormed = parts.allSatisfy {
            (1...127).contains($0.count) && $0.allSatisfy(Self.isInToken)
        }
        guard parts.count == 2, isWellFormed else { return nil }
        name = String(decoding: bytes, as: UTF8.self)
    }

    /// The reason why a `Content-Type` value does not denote JSON; nil if it does.
    fileprivate static func flaw(of value: String, _ naming: (String) -> String) -> String? {
        guard let type = MediaType(value) else { return "is no media type" }
        return type.isJSON ? nil : "is \(naming(type.name)), not JSON"
    }

    /// Whether the type is `application/json` or ends in `+json`, regardless of case.
    var isJSON: Bool {
        let name = name.lowercased()
        return name == "application/json" || name.hasSuffix("+json")
    }

    private static func isInToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
