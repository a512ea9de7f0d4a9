package import HTTPTypes

extension APIClient {
    private static let issuesMax = 20

    /// Where a final answer is not as the request's schema says; empty without one, and for answers
    /// that are not 2xx or have no body.
    func issues(in answer: TransportResponse, _ call: Call) -> [FieldIssue] {
        guard let schema = call.request.responseSchema else { return [] }
        return schema.issues(
            status: answer.statusCode, fields: answer.headerFields, body: answer.body,
            atMost: Self.issuesMax, naming: telemetry.redactor.redact)
    }

    /// Whether an answer may be kept: with a schema it has been parsed and checked already.
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
    /// Where an answer is not as the schema says; empty for answers that are not 2xx or have no body.
    ///
    /// - Parameters:
    ///   - status: the answer's status.
    ///   - fields: its fields, of which `Content-Type` counts.
    ///   - body: its body.
    ///   - limit: as many places are looked for at the most, 1 or more.
    ///   - naming: how a media type is shown. Whatever an upstream writes there, it must not be a secret
    ///     that it was sent.
    /// - Returns: the places, each with what is wrong there.
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

    /// Why a field's value does not say JSON; nil where it does.
    fileprivate static func flaw(of value: String, _ naming: (String) -> String) -> String? {
        guard let type = MediaType(value) else { return "is no media type" }
        return type.isJSON ? nil : "is \(naming(type.name)), not JSON"
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
