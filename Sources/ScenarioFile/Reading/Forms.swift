import KeyedChance
import Upstream

/// Builders for fragments of JSON Schema.
enum Schema {
    static func type(_ name: String, _ rest: JSON.Member...) -> JSON {
        .object([.init("type", .string(name))] + rest)
    }

    static func text(pattern: String) -> JSON { type("string", .init("pattern", .string(pattern))) }

    static func either(_ fragments: [JSON]) -> JSON { .object([.init("anyOf", .array(fragments))]) }

    static func required(_ names: String...) -> JSON {
        .object([.init("required", .array(names.map(JSON.string)))])
    }

    static func not(_ fragment: JSON) -> JSON { .object([.init("not", fragment)]) }

    /// Matches mappings with at least two of these keys.
    static func severalOf(_ names: [String]) -> JSON {
        var pairs: [JSON] = []
        for (index, first) in names.enumerated() {
            pairs += names.dropFirst(index + 1).map { required(first, $0) }
        }
        return either(pairs)
    }

    /// A member of `dependencies`: a mapping with the key `name` must also have the key `other`.
    static func member(_ name: String, needs other: String) -> JSON.Member {
        .init(name, .array([.string(other)]))
    }
}

extension Form where Output == Bool {
    static var boolean: Form {
        Form(schema: { Schema.type("boolean") }) { value, name, findings in
            if case .scalar(let text, isPlain: true) = value.content,
                case .boolean(let flag) = PlainScalar(text)
            {
                return flag
            }
            findings.report(
                "'\(name)' is \(value.kind)", at: value.position, expected: "true or false")
            return nil
        }
    }

    /// The value `true` of a key that is otherwise left out.
    static var onlyTrue: Form {
        Form(schema: { .object([.init("const", .bool(true))]) }) { value, name, findings in
            guard let flag = Form.boolean.read(value, name, &findings) else { return nil }
            if !flag { findings.report("'\(name)' must be true or left out", at: value.position) }
            return flag ? true : nil
        }
    }
}

extension Form where Output: FixedWidthInteger & Sendable {
    static func integer(_ range: ClosedRange<Output>) -> Form {
        Form(schema: {
            Schema.type(
                "integer", .init("minimum", .integer(range.lowerBound)),
                .init("maximum", .integer(range.upperBound)))
        }) { value, name, findings in
            let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
            guard case .scalar(let text, isPlain: true) = value.content,
                PlainScalar(text) == .number, let number = Output(text), range.contains(number)
            else {
                let shown = value.scalarText.map(quoted) ?? value.kind
                findings.report("'\(name)' is \(shown)", at: value.position, expected: expected)
                return nil
            }
            return number
        }
    }
}

extension Form where Output: RawRepresentable & CaseIterable & Sendable, Output.RawValue == String {
    static var choice: Form {
        Form(schema: {
            .object([.init("enum", .array(Output.allCases.map { .string($0.rawValue) }))])
        }) { value, name, findings in
            if let text = value.scalarText, let choice = Output(rawValue: text) { return choice }
            let names = Output.allCases.map(\.rawValue)
            findings.report(
                "'\(name)' is \(value.scalarText.map(quoted) ?? value.kind)", at: value.position,
                expected: "one of \(names.joined(separator: ", "))",
                suggestion: value.scalarText.flatMap { findings.suggestion(for: $0, among: names) })
            return nil
        }
    }
}

extension Form {
    /// A text that `parse` can read, for example a duration.
    static func quantity(
        _ expected: String, pattern: String,
        parse: @escaping @Sendable (String) -> Result<Output, UnitProblem>
    ) -> Form {
        Form(schema: { Schema.text(pattern: pattern) }) { value, name, findings in
            guard let text = value.scalarText else {
                findings.report(
                    "'\(name)' is \(value.kind)", at: value.position, expected: expected)
                return nil
            }
            switch parse(text) {
            case .success(let output): return output
            case .failure(let problem):
                findings.report(
                    "'\(name)' \(problem.message)", at: value.position,
                    expected: problem.expected, suggestion: problem.suggestion)
                return nil
            }
        }
    }

    /// A mapping with the keys of `table`, which `read` reads.
    static func mapping(
        _ table: @escaping @Sendable () -> KeyTable,
        _ read: @escaping @Sendable (inout MappingReader, inout Findings) -> Output?
    ) -> Form {
        Form(schema: { table().schema }) { value, name, findings in
            guard var reader = MappingReader(value, name, table(), &findings) else { return nil }
            let output = read(&reader, &findings)
            reader.finish()
            return output
        }
    }

    /// The same form with a further rule, which the schema does not express. `problem` returns the
    /// end of the message, or nil if the value follows the rule.
    func checked(
        _ problem: @escaping @Sendable (Output) -> String?
    ) -> Form {
        Form(schema: schema) { value, name, findings in
            guard let output = read(value, name, &findings) else { return nil }
            if let message = problem(output) {
                findings.report("'\(name)' \(message)", at: value.position)
                return nil
            }
            return output
        }
    }

    /// A list of at least `least` elements. Wrong elements are reported and left out.
    static func list<Element>(of element: Form<Element>, least: Int = 0) -> Form<[Element]>
    where Output == [Element] {
        Form(schema: {
            var members: [JSON.Member] = [
                .init("type", .string("array")), .init("items", element.schema()),
            ]
            if least > 0 { members.append(.init("minItems", .integer(least))) }
            return .object(members)
        }) { value, name, findings in
            guard case .list(let items) = value.content else {
                findings.report(
                    "'\(name)' is \(value.kind)", at: value.position,
                    expected: "a list, each item after '- '")
                return nil
            }
            if items.count < least {
                findings.report("'\(name)' is empty", at: value.position)
                return nil
            }
            return items.compactMap { element.read($0, name, &findings) }
        }
    }
}

extension Form where Output == Int64 {
    /// A duration of 0 or more, read as nanoseconds.
    static var duration: Form {
        .quantity(DurationText.example, pattern: DurationText.pattern, parse: DurationText.parse)
    }

    /// A duration above 0, read as nanoseconds.
    static var positiveDuration: Form {
        duration.checked { $0 > 0 ? nil : "is 0; it must be above 0" }
    }

    /// A duration of whole seconds, read as seconds.
    static var wholeSeconds: Form {
        let second: Int64 = 1_000_000_000
        let whole = duration.checked { $0 % second == 0 ? nil : "is not a whole number of seconds" }
        return Form(schema: whole.schema) { value, name, findings in
            whole.read(value, name, &findings).map { $0 / second }
        }
    }
}

extension Form where Output == Ratio {
    /// A share above 0 and at most 100 %.
    static var share: Form {
        .quantity(ShareText.example, pattern: ShareText.pattern, parse: ShareText.parse)
            .checked { $0 > .zero ? nil : "is 0; remove the key instead" }
    }
}

extension Form where Output == RequestRate {
    static var rate: Form {
        .quantity(RequestRate.example, pattern: RequestRate.pattern, parse: RequestRate.parse)
    }

    static var positiveRate: Form {
        rate.checked { $0.count > 0 ? nil : "is 0; remove the load instead" }
    }
}

extension Form where Output == String {
    /// Any text. A text that looks like a number or a boolean needs quotes, so that every YAML
    /// reader takes it for a text.
    static var text: Form {
        Form(schema: { Schema.type("string") }) { value, name, findings in
            switch value.content {
            case .scalar(let text, let isPlain) where !isPlain || PlainScalar(text) == .text:
                return text
            case .scalar(let text, _):
                findings.report(
                    "'\(name)' is \(value.kind); write \"\(text)\" if the text is meant",
                    at: value.position)
            default:
                findings.report(
                    "'\(name)' is \(value.kind)", at: value.position, expected: "a text")
            }
            return nil
        }
    }

    /// One line of 1 to `max` characters without control characters.
    static func line(max: Int) -> Form {
        let line = text.checked { text in
            if text.isEmpty { return "is empty" }
            if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
                return "contains a control character; it must be one line of text"
            }
            return text.unicodeScalars.count > max ? "is longer than \(max) characters" : nil
        }
        return Form(
            schema: {
                Schema.type(
                    "string", .init("minLength", .integer(1)), .init("maxLength", .integer(max)))
            }, read: line.read)
    }

    /// A text that `isWord` accepts. `pattern` describes the same texts in the schema.
    static func word(
        pattern: String, _ expected: String, _ isWord: @escaping @Sendable (String) -> Bool
    ) -> Form {
        Form(schema: { Schema.text(pattern: pattern) }) { value, name, findings in
            guard let text = text.read(value, name, &findings) else { return nil }
            guard isWord(text) else {
                findings.report(
                    "'\(name)' is \(quoted(text))", at: value.position, expected: expected)
                return nil
            }
            return text
        }
    }
}
