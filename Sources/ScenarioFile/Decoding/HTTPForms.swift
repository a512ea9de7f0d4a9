import APIClient
import Upstream

/// The methods that REQ-01 knows.
enum HTTPMethod: String, Sendable, Hashable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
    case patch = "PATCH"

    var allowsBody: Bool { self == .post || self == .put || self == .patch }
}

enum HTTPField {
    /// Set by whatever carries the message; a scenario's own would contradict it.
    private static let ofTheTransport = [
        "connection", "content-encoding", "content-length", "date", "host", "keep-alive",
        "transfer-encoding", "x-windtunnel-exchange",
    ]
    static let nameLengthMax = 256

    /// Why `name` cannot be a field's name; nil where it can (RFC 9110, section 5.1).
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
            return "\(quoted(name)) is no name of a header field"
        }
        if ofTheTransport.contains(name.lowercased()) {
            return "the field \(quoted(name)) is set by the transport"
        }
        return nil
    }

    /// The end of a sentence that says why `value` cannot be a field's value; nil where it can.
    static func problem(value: String) -> String? {
        if value.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) {
            return "holds a control character"
        }
        let blank: (UInt8?) -> Bool = { $0 == UInt8(ascii: " ") }
        if blank(value.utf8.first) || blank(value.utf8.last) {
            return "begins or ends with a space"
        }
        return nil
    }

    /// As ``problem(value:)``, for an answer's field: the server on real sockets sends no empty ones.
    static func problem(answerValue value: String) -> String? {
        value.isEmpty ? "is empty, which no answer can have" : problem(value: value)
    }
}

extension Form where Output == String {
    static var method: Form {
        let choice = Form<HTTPMethod>.choice
        return Form(schema: choice.schema) { value, name, findings in
            choice.read(value, name, &findings)?.rawValue
        }
    }

    /// The path of requests: REQ-01's endpoint pattern, segments such as `{1..500}` replaced.
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
                // A sign would be taken for part of the number.
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
                findings.report("'\(name)' holds a character that no path has", at: value.position)
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

/// Names and values, in the order of the file.
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
    /// Those of a request.
    static var fields: Form {
        pairs(
            { Field(name: $0, value: $1) },
            nameProblem: { name in
                HTTPField.problem(name: name)
                    ?? (RequestHeaders.isReserved(name)
                        ? "the field \(quoted(name)) is set by the client itself" : nil)
            }, valueProblem: HTTPField.problem(value:))
    }

    /// Those of an answer.
    static var answerFields: Form {
        pairs(
            { Field(name: $0, value: $1) }, nameProblem: HTTPField.problem(name:),
            valueProblem: HTTPField.problem(answerValue:))
    }
}

extension Form where Output == [Parameter] {
    /// Query parameters, as a mapping.
    static var parameters: Form {
        pairs(
            { Parameter(name: $0, value: $1) },
            nameProblem: { name in
                name.isEmpty || name.utf8.count > HTTPField.nameLengthMax
                    ? "\(quoted(name)) is no name of a parameter" : nil
            }, valueProblem: { _ in nil })
    }
}

/// A body: a text as it is, anything else as compact JSON.
enum BodyForm {
    /// What an upstream answers; a text need not be JSON.
    static let answer = form(isJSON: false)
    /// What a client sends; REQ-01 sends JSON only.
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

    /// The text, if the client sends it: it takes no number that is beyond any `Double`, and no half of a
    /// surrogate pair.
    private static func sendable(
        _ text: String, _ value: Value, _ name: String, _ findings: inout Findings
    ) -> String? {
        if (try? JSONValue(parsing: Array(text.utf8))) != nil { return text }
        findings.report(
            "'\(name)' is JSON that the client does not send: it holds a number that no Double can be, half "
                + "of a surrogate pair, or is more than 512 deep", at: value.position)
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
                    "\(quoted(text)) is a number that JSON does not know; "
                        + "write it in decimal, or in quotes", at: value.position)
                return .null
            }
        }
    }
}
