/// Changes to a scenario that come from the command line: `--client`, `--set` and `--duration`.
enum Overrides {
    /// Replaces the settings of the scenario's client, key by key.
    static func apply(
        client: (bytes: [UInt8], file: String), to scenario: inout Value, _ findings: inout Findings
    ) {
        guard
            var settings = Document.read(
                client.bytes, file: client.file, what: "client file", &findings)
        else { return }
        if case .mapping(let entries) = settings.content,
            let nested = entries.first(where: { $0.key == "client" })
        {
            for other in entries where other.key != "client" {
                findings.report(
                    "unknown key \(quoted(other.key)) beside 'client' in a client file",
                    at: other.keyPosition)
            }
            settings = nested.value
        }
        guard case .mapping(let entries) = settings.content else {
            findings.report(
                "a client file is a mapping with the keys of 'client'", at: settings.position)
            return
        }
        for entry in entries {
            let step = Step.key("client")
            set([step, .key(entry.key)], entry.value, entry.keyPosition, in: &scenario, &findings)
        }
    }

    /// Applies one `key=value`. The key is a path such as `load.0.rate`.
    static func apply(setting: String, to scenario: inout Value, _ findings: inout Findings) {
        guard let equals = setting.firstIndex(of: "=") else {
            findings.report(
                "'=' is missing", at: Position(file: "--set \(setting)", line: 1, column: 1),
                expected: "key=value, such as client.max_retries=1")
            return
        }
        let key = String(setting[..<equals])
        let position = Position(file: "--set \(key)", line: 1, column: 1)
        let names = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy({ !$0.isEmpty }), names.count <= LexicalCheck.depthMax else {
            findings.report(
                "\(quoted(key)) is not a path to a key", at: position,
                expected: "key=value, such as client.max_retries=1")
            return
        }
        let text = setting[setting.index(after: equals)...]
        guard
            let value = Document.read(
                Array(text.utf8), file: position.file, what: "value", &findings)
        else { return }
        let steps = names.map { index($0).map(Step.index) ?? .key($0) }
        set(steps[...], value, position, in: &scenario, &findings)
    }

    /// Replaces the scenario's duration.
    static func apply(duration: String, to scenario: inout Value, _ findings: inout Findings) {
        let position = Position(file: "--duration", line: 1, column: 1)
        let value = Value(content: .scalar(duration, isPlain: false), position: position)
        set([.key("duration")], value, position, in: &scenario, &findings)
    }

    // MARK: - Paths

    /// Digits and nothing else: the standard library would also read `+0` and `-0`.
    private static func index(_ name: String) -> Int? {
        name.utf8.allSatisfy(JSONText.isDigit) ? Int(name) : nil
    }

    private enum Step {
        case key(String)
        case index(Int)
    }

    /// Sets the value that `path` leads to. Keys that are added get the position `position`.
    private static func set(
        _ path: ArraySlice<Step>, _ new: Value, _ position: Position, in value: inout Value,
        _ findings: inout Findings
    ) {
        guard let step = path.first else {
            value = new
            return
        }
        let rest = path.dropFirst()
        switch (step, value.content) {
        case (.key(let key), .mapping(var entries)):
            if let index = entries.firstIndex(where: { $0.key == key }) {
                set(rest, new, position, in: &entries[index].value, &findings)
            } else {
                var added = Value(content: .mapping([]), position: position)
                set(rest, new, position, in: &added, &findings)
                entries.append(Value.Entry(key: key, keyPosition: position, value: added))
            }
            value.content = .mapping(entries)
        case (.index(let index), .list(var items)):
            guard items.indices.contains(index) else {
                findings.report(
                    "there is no item \(index); the list has \(items.count), counted from 0",
                    at: position)
                return
            }
            set(rest, new, position, in: &items[index], &findings)
            value.content = .list(items)
        case (.index(let index), .mapping):
            set([.key(String(index))] + rest, new, position, in: &value, &findings)
        case (.key(let key), _):
            findings.report("the key \(quoted(key)) cannot be set in \(value.kind)", at: position)
        case (.index(let index), _):
            findings.report("item \(index) cannot be set in \(value.kind)", at: position)
        }
    }
}
