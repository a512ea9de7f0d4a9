import HTTPTypes

extension APIClient {
    private static let issuesMax = 20

    /// Where a final answer is not as the request's schema says; empty without one, and for answers
    /// that are not 2xx or have no body.
    func issues(in answer: TransportResponse, _ call: Call) -> [FieldIssue] {
        guard let schema = call.request.responseSchema else { return [] }
        guard (200...299).contains(answer.statusCode), !answer.body.isEmpty else { return [] }
        if let issue = contentTypeIssue(of: answer) { return [issue] }
        guard let value = try? JSONValue(parsing: answer.body) else { return [.notJSON] }
        return schema.violations(in: value, atMost: Self.issuesMax).map {
            FieldIssue(field: $0.field, reason: $0.sentence)
        }
    }

    /// Whether an answer may be kept: with a schema it has been parsed and checked already.
    func isWhatItShouldBe(_ answer: Answer, _ call: Call) -> Bool {
        if call.request.responseSchema != nil { return answer.issues.isEmpty }
        let body = answer.response.body
        return body.isEmpty || (try? JSONValue(parsing: body)) != nil
    }

    func invalid(_ issues: [FieldIssue], status: Int, _ call: Call) -> APIError {
        .validation(
            issues, origin: .upstream, correlationID: call.correlationID, status: status)
    }

    private func contentTypeIssue(of answer: TransportResponse) -> FieldIssue? {
        guard let value = answer.headerFields[.contentType] else { return nil }
        guard let type = MediaType(value) else {
            return FieldIssue(field: "headers.Content-Type", reason: "is no media type")
        }
        if type.isJSON { return nil }
        // Whatever an upstream writes there, it must not be a secret that it was sent.
        let name = telemetry.redactor.redact(type.name)
        return FieldIssue(field: "headers.Content-Type", reason: "is \(name), not JSON")
    }
}

/// The type and subtype of a `Content-Type` (RFC 9110 section 8.3.1), without its parameters.
struct MediaType {
    /// As it was written, such as `text/html`; at most 127 bytes to either side of the slash.
    let name: String

    /// Nil where the text is none.
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

    /// Whether it is `application/json` or ends in `+json`, in whatever case.
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
