/// How a value is written: reads it, and describes itself to an editor.
///
/// The same form serves the decoder and the JSON Schema, so the two cannot drift apart.
struct Form<Output>: Sendable {
    /// A fragment of JSON Schema (draft 7).
    let schema: @Sendable () -> JSON
    /// The value; nil where it reported why not. The text is the key's name, for messages.
    let read: @Sendable (Value, String, inout Findings) -> Output?
}

/// A key of a mapping, and how its value is written.
struct Key<Output>: Sendable {
    let name: String
    /// One line, for editors.
    let meaning: String
    let isRequired: Bool
    let form: Form<Output>

    init(_ name: String, _ meaning: String, isRequired: Bool = false, _ form: Form<Output>) {
        self.name = name
        self.meaning = meaning
        self.isRequired = isRequired
        self.form = form
    }
}

/// A key, whatever its value is.
struct AnyKey: Sendable {
    let name: String
    let meaning: String
    let isRequired: Bool
    let schema: @Sendable () -> JSON

    init<Output>(_ key: Key<Output>) {
        (name, meaning, isRequired) = (key.name, key.meaning, key.isRequired)
        schema = key.form.schema
    }
}

/// The keys that a mapping may have. What is not in here is unknown to the decoder and the schema.
struct KeyTable: Sendable {
    /// What the mapping is, for messages, such as `a fault`.
    let subject: String
    let keys: [AnyKey]
    /// Keys that a later version of the tool brings.
    let later: [String]
    /// What a schema says beside the keys, such as which of them exclude each other.
    let rules: [JSON.Member]

    init(_ subject: String, _ keys: [AnyKey], later: [String] = [], rules: [JSON.Member] = []) {
        (self.subject, self.keys, self.later, self.rules) = (subject, keys, later, rules)
    }

    /// A fragment of JSON Schema (draft 7).
    var schema: JSON {
        let properties = keys.map { key in
            JSON.Member(key.name, key.schema().described(key.meaning))
        }
        var members: [JSON.Member] = [
            .init("type", .string("object")),
            .init("additionalProperties", .bool(false)),
            .init("properties", .object(properties)),
        ]
        let required = keys.filter(\.isRequired).map { JSON.string($0.name) }
        if !required.isEmpty { members.append(.init("required", .array(required))) }
        return .object(members + rules)
    }
}

extension JSON {
    /// With a description, which in draft 7 may not stand beside a reference.
    fileprivate func described(_ meaning: String) -> JSON {
        guard case .object(let members) = self else { return self }
        if members.contains(where: { $0.name == "$ref" }) {
            return .object([.init("description", .string(meaning)), .init("allOf", .array([self]))])
        }
        return .object([.init("description", .string(meaning))] + members)
    }
}

/// Reads one mapping by a table of keys.
struct MappingReader {
    let position: Position
    /// Whether unknown keys were reported; one of them was perhaps meant where another is missing.
    private(set) var hasUnknownKeys = false
    private let table: KeyTable
    private let entries: [Value.Entry]
    private var asked: Set<String> = []

    /// Reports what is not a mapping (then nil), unknown keys, and required keys that are missing.
    init?(_ value: Value, _ name: String, _ table: KeyTable, _ findings: inout Findings) {
        guard case .mapping(let entries) = value.content else {
            findings.report(
                "'\(name)' is \(value.kind)", at: value.position,
                expected: "a mapping with \(Self.list(table.keys.map(\.name)))")
            return nil
        }
        self.table = table
        self.entries = entries
        position = value.position
        let names = table.keys.map(\.name)
        for entry in entries where !names.contains(entry.key) {
            hasUnknownKeys = true
            if table.later.contains(entry.key) {
                findings.report(
                    "'\(entry.key)' is not supported by this version", at: entry.keyPosition)
            } else {
                let suggestion = findings.suggestion(for: entry.key, among: names)
                findings.report(
                    "unknown key \(quoted(entry.key)) in \(table.subject)", at: entry.keyPosition,
                    expected: Self.list(names), suggestion: suggestion)
            }
        }
        for key in table.keys where key.isRequired {
            if !entries.contains(where: { $0.key == key.name }) {
                findings.report("\(table.subject) needs '\(key.name)'", at: position)
            }
        }
    }

    private static func list(_ names: [String]) -> String {
        names.count == 1 ? "'\(names[0])'" : "one of \(names.joined(separator: ", "))"
    }

    /// The value of `key`; nil where it is missing or wrong.
    mutating func read<Output>(_ key: Key<Output>, _ findings: inout Findings) -> Output? {
        assert(table.keys.contains { $0.name == key.name }, "'\(key.name)' is not in the table")
        asked.insert(key.name)
        guard let entry = entry(key.name) else { return nil }
        if entry.value.isNothing {
            findings.report("'\(key.name)' has no value", at: entry.keyPosition)
            return nil
        }
        return key.form.read(entry.value, key.name, &findings)
    }

    func has<Output>(_ key: Key<Output>) -> Bool { entry(key.name) != nil }

    /// Where the key stands, for rules that concern several keys; where it is missing, the mapping.
    func place(of name: String) -> Position { entry(name)?.keyPosition ?? position }

    /// The names of `keys` that are there, in the order of the file.
    func present(among names: [String]) -> [String] {
        entries.map(\.key).filter(names.contains)
    }

    /// Reports where more than one of `names` is there, of which a mapping has one at the most.
    func reportSeveral(of names: [String], _ findings: inout Findings) {
        let present = present(among: names)
        guard present.count > 1, let last = present.last else { return }
        let others = present.dropLast().map { "'\($0)'" }.joined(separator: ", ")
        let number = present.count == 2 ? "both" : "all"
        findings.report(
            "\(table.subject) has \(others) or '\(last)', not \(number)",
            at: place(of: present[1]))
    }

    private func entry(_ name: String) -> Value.Entry? { entries.first { $0.key == name } }

    /// Checks that the decoder has asked for every key that the table, and so the schema, accepts.
    func finish() {
        assert(
            table.keys.allSatisfy { asked.contains($0.name) },
            "not all keys of \(table.subject) were read, only \(asked.sorted())"
        )
    }
}
