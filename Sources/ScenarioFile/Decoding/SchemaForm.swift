import APIClient

/// The form of a route's JSON Schema: a YAML mapping, or a JSON text.
enum SchemaForm {
    /// Reads a schema as compact JSON.
    static let form = Form<String>(schema: {
        .object([.init("type", .array(["object", "string"].map(JSON.string)))])
    }) { value, name, findings in
        guard let text = text(value, name, &findings) else { return nil }
        if let problem = problem(in: text) {
            let place = problem.pointer.isEmpty ? "" : ": \(quoted(problem.pointer))"
            findings.report(
                "'\(name)'\(place) \(problem.reason)",
                at: position(of: problem.pointer, in: value))
            return nil
        }
        return text
    }

    /// The reason why a JSON text is not a schema that the client can check; nil if it is one.
    private static func problem(in text: String) -> JSONSchemaError? {
        do throws(JSONSchemaError) {
            _ = try JSONSchema(parsing: Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    private static func text(_ value: Value, _ name: String, _ findings: inout Findings) -> String?
    {
        switch value.content {
        case .scalar(_, isPlain: false):
            guard let text = BodyForm.request.read(value, name, &findings) else { return nil }
            return JSONText.compact(text)
        case .mapping: return BodyForm.request.read(value, name, &findings)
        case .list, .scalar:
            findings.report(
                "'\(name)' is \(value.kind)", at: value.position,
                expected: "a JSON Schema, as a mapping or as a JSON text in quotes")
            return nil
        }
    }

    /// The position in the file that a JSON pointer leads to. For a schema written as a JSON text,
    /// it is the position of the text.
    private static func position(of pointer: String, in value: Value) -> Position {
        var value = value
        for token in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            switch value.content {
            case .mapping(let entries):
                guard let entry = entries.first(where: { escaped($0.key) == token }) else {
                    return value.position
                }
                value = entry.value
            case .list(let items):
                guard let index = Int(token), items.indices.contains(index) else {
                    return value.position
                }
                value = items[index]
            case .scalar: return value.position
            }
        }
        return value.position
    }

    /// A key with the escapes of a JSON pointer (RFC 6901).
    private static func escaped(_ key: String) -> String {
        key.replacing("~", with: "~0").replacing("/", with: "~1")
    }
}
