import APIClient
import Upstream

/// The HTTP methods that REQ-01 specifies.
enum HTTPMethod: String, Sendable, Hashable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
    case patch = "PATCH"

    var allowsBody: Bool { self == .post || self == .put || self == .patch }
}

enum HTTPField {
    /// The fields that the transport sets. A scenario's own value would contradict them.
    private static let ofTheTransport = [
        "connection", "content-encoding", "content-length", "date", "host", "keep-alive",
        "transfer-encoding", "x-windtunnel-exchange",
    ]
    static let nameLengthMax = 256

    /// The reason why `name` cannot be the name of a header field (RFC 9110, section 5.1); nil if
    /// it can.
    static func problem(name: String) -> String? {
        let marks = Array("!#$%&'*+-.^_`|~".utf8)
        let isToken = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: marks.contains(byte)
            }
        }
        guard isToken, !name.isEmpty, name.utf8.count <= nameLengthMax else {
            return "\(quoted(name)) is not a valid name of a header field"
        }
        if ofTheTransport.contains(name.lowercased()) {
            return "the field \(quoted(name)) is set by the transport"
        }
        return nil
    }

    /// The end of a message that says why `value` cannot be a field's value; nil if it can.
    static func problem(value: String) -> String? {
        if value.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) {
            return "contains a control character"
        }
        let blank: (UInt8?) -> Bool = { $0 == UInt8(ascii: " ") }
        if blank(value.utf8.first) || blank(value.utf8.last) {
            return "begins or ends with a space"
        }
        return nil
    }

    /// Like ``problem(value:)``, for a field of an answer. An empty value is wrong too, because the
    /// server on real sockets does not send one.
    static func problem(answerValue value: String) -> String? {
        value.isEmpty
            ? "is empty; a header field of an answer needs a value" : problem(value: value)
    }
}

extension Form where Output == String {
    static var method: Form {
        let choice = Form<HTTPMethod>.choice
        return Form(schema: choice.schema) { value, name, findings in
            choice.read(value, name, &findings)?.rawValue
        }
    }

    /// The path of a load: REQ-01's endpoint pattern, in which a segment may be a range such as
    /// `{1..500}`.
    static var loadPath: Form {
        .word(
            pattern: #"^(/([a-zA-Z0-9_-]*|\{[0-9]+\.\.[0-9]+\}))+$"#,
            "a path of letters, digits, '/', '_' and '-'; a segment may be a range like {1..500}",
            isLoadPath)
    }

    private static func isLoadPath(_ text: String) -> Bool {
        guard text.utf8.first == UInt8(ascii: "/"), (2...2048).contains(text.utf8.count) else {
            return false
        }
        let slash = UInt8(ascii: "/")
        return text.utf8.split(separator: slash, omittingEmptySubsequences: false).allSatisfy {
            part in
            if part.first == UInt8(ascii: "{") {
                // The parser of the range would accept a sign.
                let segment = String(Substring(part))
                return !segment.contains("+") && !segment.contains("-")
                    && PathPattern.numericRange(segment) != nil
            }
            return part.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        }
    }
}

extension Form where Output == PathPattern {
    static var pathPattern: Form {
        .init(schema: { Schema.text(pattern: "^/") }) { value, name, findings in
            guard let text = Form<String>.text.read(value, name, &findings) else { return nil }
            guard HTTPField.problem(value: text) == nil else {
                findings.report(
                    "'\(name)' contains a character that is not allowed in a path",
                    at: value.position)
                return nil
            }
            do throws(PathPattern.Malformed) {
                return try PathPattern(text)
            } catch {
                findings.report("'\(name)': \(error.description)", at: value.position)
                return nil
            }
        }
    }
}

/// A mapping of names to texts, read into a list in the order of the file. `nameProblem` returns a
/// message and `valueProblem` the end of one, or nil if there is no error.
private func pairs<Output: Sendable>(
    _ make: @escaping @Sendable (String, String) -> Output,
    nameProblem: @escaping @Sendable (String) -> String?,
    valueProblem: @escaping @Sendable (String) -> String?
) -> Form<[Output]> {
    Form(schema: {
        let scalar = JSON.array(["string", "number", "boolean"].map(JSON.string))
        return Schema.type(
            "object", .init("additionalProperties", .object([.init("type", scalar)])))
    }) { value, name, findings in
        guard case .mapping(let entries) = value.content else {
            findings.report("'\(name)' is \(value.kind)", at: value.position, expected: "a mapping")
            return nil
        }
        return entries.compactMap { entry in
            if let problem = nameProblem(entry.key) {
                findings.report(problem, at: entry.keyPosition)
                return nil
            }
            guard let text = entry.value.scalarText else {
                findings.report(
                    "\(quoted(entry.key)) is \(entry.value.kind)", at: entry.value.position,
                    expected: "a text")
                return nil
            }
            if let problem = valueProblem(text) {
                findings.report("\(quoted(entry.key)) \(problem)", at: entry.value.position)
                return nil
            }
            return make(entry.key, text)
        }
    }
}

extension Form where Output == [Field] {
    /// The header fields of a request.
    static var fields: Form {
        pairs(
            { Field(name: $0, value: $1) },
            nameProblem: { name in
                HTTPField.problem(name: name)
                    ?? (RequestHeaders.isReserved(name)
                        ? "the field \(quoted(name)) is set by the client itself" : nil)
            }, valueProblem: HTTPField.problem(value:))
    }

    /// The header fields of an answer.
    static var answerFields: Form {
        pairs(
            { Field(name: $0, value: $1) }, nameProblem: HTTPField.problem(name:),
            valueProblem: HTTPField.problem(answerValue:))
    }
}

extension Form where Output == [Parameter] {
    /// Query parameters, written as a mapping.
    static var parameters: Form {
        pairs(
            { Parameter(name: $0, value: $1) },
            nameProblem: { name in
                name.isEmpty || name.utf8.count > HTTPField.nameLengthMax
                    ? "\(quoted(name)) is not a valid name of a parameter" : nil
            }, valueProblem: { _ in nil })
    }
}

/// The form of a body. A text is sent unchanged; any other value is sent as compact JSON.
enum BodyForm {
    /// The body of an answer. A text need not be JSON.
    static let answer = form(isJSON: false)
    /// The body of a request. A text must be JSON, because REQ-01 sends JSON only.
    static let request = form(isJSON: true)

    private static func form(isJSON: Bool) -> Form<String> {
        Form(schema: {
            .object([.init("type", .array(["string", "object", "array"].map(JSON.string)))])
        }) { value, name, findings in
            switch value.content {
            case .scalar:
                guard let text = Form<String>.text.read(value, name, &findings) else { return nil }
                if isJSON, let problem = JSONText.problem(in: text) {
                    findings.report(
                        "'\(name)' is not JSON: \(problem.message) at byte \(problem.offset + 1)",
                        at: value.position)
                    return nil
                }
                return isJSON ? sendable(text, value, name, &findings) : text
            case .list, .mapping:
                let before = findings.count
                let json = json(value, &findings)
                guard findings.count == before else { return nil }
                return isJSON ? sendable(json.compact, value, name, &findings) : json.compact
            }
        }
    }

    /// Returns the text if the client can send it. The client rejects numbers beyond the range of
    /// `Double`, unpaired surrogates, and more than 512 levels of nesting.
    private static func sendable(
        _ text: String, _ value: Value, _ name: String, _ findings: inout Findings
    ) -> String? {
        if (try? JSONValue(parsing: Array(text.utf8))) != nil { return text }
        findings.report(
            "'\(name)' is JSON that the client cannot send: it contains a number beyond the range of "
                + "a Double or an unpaired surrogate, or has more than 512 levels of nesting",
            at: value.position)
        return nil
    }

    private static func json(_ value: Value, _ findings: inout Findings) -> JSON {
        switch value.content {
        case .list(let items): return .array(items.map { json($0, &findings) })
        case .mapping(let entries):
            return .object(entries.map { .init($0.key, json($0.value, &findings)) })
        case .scalar(let text, isPlain: false): return .string(text)
        case .scalar(let text, isPlain: true):
            switch PlainScalar(text) {
            case .nothing: return .null
            case .boolean(let flag): return .bool(flag)
            case .number: return .number(text)
            case .text: return .string(text)
            case .otherNumber:
                findings.report(
                    "\(quoted(text)) is a number that JSON cannot represent; "
                        + "write it in decimal, or in quotes", at: value.position)
                return .null
            }
        }
    }
}
