/// How a value is written in a scenario file: reads the value and describes its form to an editor.
///
/// The decoder and the JSON Schema use the same form, so the two cannot diverge.
struct Form<Output>: Sendable {
    /// Makes the fragment of JSON Schema (draft 7) that describes the form.
    let schema: @Sendable () -> JSON
    /// Reads a value. The text is the key's name, for messages. The result is nil if an error was
    /// reported.
    let read: @Sendable (Value, String, inout Findings) -> Output?
}

/// A key of a mapping, with the form of its value.
struct Key<Output>: Sendable {
    let name: String
    /// The description that editors show, as one line.
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

/// A key without the type of its value.
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

/// The keys that a mapping may have. The decoder and the schema reject all other keys.
struct KeyTable: Sendable {
    /// The kind of mapping, for messages, for example `a fault`.
    let subject: String
    let keys: [AnyKey]
    /// Keys that this version rejects with a message that says so, because a later version will
    /// support them.
    let later: [String]
    /// Further rules of the schema, for example which keys exclude each other.
    let rules: [JSON.Member]

    init(_ subject: String, _ keys: [AnyKey], later: [String] = [], rules: [JSON.Member] = []) {
        (self.subject, self.keys, self.later, self.rules) = (subject, keys, later, rules)
    }

    /// The fragment of JSON Schema (draft 7) that describes the mapping.
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
    /// Adds a description. Draft 7 ignores a description beside `$ref`, so a reference is wrapped
    /// in `allOf`.
    fileprivate func described(_ meaning: String) -> JSON {
        guard case .object(let members) = self else { return self }
        if members.contains(where: { $0.name == "$ref" }) {
            return .object([.init("description", .string(meaning)), .init("allOf", .array([self]))])
        }
        return .object([.init("description", .string(meaning))] + members)
    }
}

/// Reads one mapping with the help of a table of its keys.
struct MappingReader {
    let position: Position
    /// Whether unknown keys were reported. If so, one of them may be a misspelling of a key that is
    /// missing.
    private(set) var hasUnknownKeys = false
    private let table: KeyTable
    private let entries: [Value.Entry]
    private var asked: Set<String> = []

    /// Prepares to read a mapping. Reports unknown keys and missing required keys. If the value is
    /// not a mapping, reports that and returns nil.
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

    /// Reads the value of `key`; nil if it is missing or wrong.
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

    /// The position of the key, for rules that concern several keys. If the key is missing, the
    /// position of the mapping.
    func place(of name: String) -> Position { entry(name)?.keyPosition ?? position }

    /// The names that are keys of the mapping, in the order of the file.
    func present(among names: [String]) -> [String] {
        entries.map(\.key).filter(names.contains)
    }

    /// Reports an error if the mapping has more than one of the keys `names`.
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

    /// Asserts that the decoder read every key that the table, and therefore the schema, accepts.
    func finish() {
        assert(
            table.keys.allSatisfy { asked.contains($0.name) },
            "not all keys of \(table.subject) were read, only \(asked.sorted())"
        )
    }
}
