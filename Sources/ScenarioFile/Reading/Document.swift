import Yams

/// Reads one YAML document into values with positions. Any bytes are safe as input: the size, the
/// nesting and the number of values are limited.
struct Document {
    /// The most bytes of a document, and of all its texts with aliases expanded: 1 MiB.
    static let bytesMax = 1 << 20
    /// The most values of a document, with aliases expanded.
    static let valuesMax = 100_000

    private let file: String
    private var values = 0
    private var textBytes = 0
    private var isTooMuch = false

    private init(file: String) { self.file = file }

    /// Reads a YAML document.
    /// - Parameters:
    ///   - bytes: The document in UTF-8.
    ///   - file: The document's name, for messages.
    ///   - what: The kind of document, for example `scenario`, for messages.
    ///   - findings: Receives what is wrong.
    /// - Returns: The document's value; nil if the document as a whole cannot be read.
    static func read(
        _ bytes: [UInt8], file: String, what: String, _ findings: inout Findings
    ) -> Value? {
        guard let text = text(of: bytes, file: file, what: what, &findings) else { return nil }
        let unfit = LexicalCheck.findings(in: text, file: file)
        guard unfit.isEmpty else {
            findings.add(unfit)
            return nil
        }
        do {
            // Tags are not resolved here, because that would cost a regular expression match for
            // each key.
            guard let root = try Yams.compose(yaml: text, .basic, .default, .utf8) else {
                findings.report(
                    "the \(what) is empty", at: Position(file: file, line: 1, column: 1))
                return nil
            }
            var document = Document(file: file)
            let value = document.value(of: root, depth: 1, &findings)
            return document.isTooMuch ? nil : value
        } catch let error as YamlError {
            report(error, file: file, &findings)
        } catch {
            findings.report("\(error)", at: Position(file: file, line: 1, column: 1))
        }
        return nil
    }

    // MARK: - Text

    private static func text(
        of bytes: [UInt8], file: String, what: String, _ findings: inout Findings
    ) -> String? {
        var place = Position(file: file, line: 1, column: 1)
        if bytes.isEmpty {
            findings.report("the \(what) is empty", at: place)
            return nil
        }
        guard bytes.count <= bytesMax else {
            findings.report(
                "the \(what) has \(bytes.count) bytes; a \(what) is at most 1 MiB", at: place)
            return nil
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            let valid = validPrefix(of: bytes)
            place = end(of: String(decoding: bytes[..<valid], as: UTF8.self), file: file)
            findings.report("the \(what) is not UTF-8 text", at: place)
            return nil
        }
        var scalars = decoded.unicodeScalars[...]
        if scalars.first == "\u{feff}" { scalars.removeFirst() }
        if let wrong = scalars.firstIndex(where: isUnfit) {
            place = end(of: String(scalars[..<wrong]), file: file)
            let code = String(scalars[wrong].value, radix: 16)
            findings.report(
                "the character U+\(String(repeating: "0", count: max(0, 4 - code.count)))"
                    + "\(code.uppercased()) is not allowed in a \(what); "
                    + "write it as an escape in double quotes", at: place)
            return nil
        }
        return String(scalars)
    }

    /// Whether YAML forbids the character in a file, or treats it as a line break although other
    /// tools do not.
    private static func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0a, 0x0d: false
        case 0..<0x20, 0x7f...0x9f, 0x2028, 0x2029, 0xfeff, 0xfffe, 0xffff: true
        default: false
        }
    }

    /// The number of bytes before the first one that is not valid UTF-8.
    private static func validPrefix(of bytes: [UInt8]) -> Int {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var length = 0
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            length += UTF8.width(scalar)
        }
        return length
    }

    /// The position after the last character of `text`.
    private static func end(of text: String, file: String) -> Position {
        var place = Position(file: file, line: 1, column: 1)
        var last: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if scalar == "\r" || (scalar == "\n" && last != "\r") { place.line += 1 }
            place.column = scalar == "\r" || scalar == "\n" ? 1 : place.column + 1
            last = scalar
        }
        return place
    }

    // MARK: - Values

    private func place(_ mark: Mark?) -> Position {
        Position(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1)
    }

    /// Converts a parsed node. The result is nil if an error was reported.
    private mutating func value(of node: Node, depth: Int, _ findings: inout Findings) -> Value? {
        if isTooMuch { return nil }
        let position = place(node.mark)
        values += 1
        if case .scalar(let scalar) = node { textBytes += scalar.string.utf8.count }
        guard values <= Self.valuesMax, textBytes <= Self.bytesMax else {
            isTooMuch = true
            findings.report(
                values > Self.valuesMax
                    ? "more than \(Self.valuesMax) values, with aliases expanded"
                    : "more than 1 MiB of text, with aliases expanded", at: position)
            return nil
        }
        guard depth <= LexicalCheck.depthMax else {
            isTooMuch = true
            findings.report("nested more than \(LexicalCheck.depthMax) levels deep", at: position)
            return nil
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            return Value(content: .scalar(scalar.string, isPlain: isPlain), position: position)
        case .sequence(let sequence):
            var items: [Value] = []
            for index in sequence.indices {
                guard let item = value(of: sequence[index], depth: depth + 1, &findings) else {
                    continue
                }
                items.append(item)
            }
            return Value(content: .list(items), position: position)
        case .mapping(let mapping):
            return Value(
                content: .mapping(entries(of: mapping, depth: depth, &findings)), position: position
            )
        case .alias:
            // The parser replaces an alias by the value that it stands for.
            findings.report("the alias has no value here", at: position)
            return nil
        }
    }

    private mutating func entries(
        of mapping: Node.Mapping, depth: Int, _ findings: inout Findings
    ) -> [Value.Entry] {
        var entries: [Value.Entry] = []
        for index in mapping.indices {
            let (key, node) = mapping[index]
            guard !isTooMuch else { break }
            guard case .scalar(let scalar) = key else {
                findings.report("a key is a text, not a list or a mapping", at: place(key.mark))
                continue
            }
            textBytes += scalar.string.utf8.count
            guard let value = value(of: node, depth: depth + 1, &findings) else { continue }
            let position = place(key.mark)
            if scalar.style == .plain {
                if scalar.string == "<<" {
                    findings.report("merge keys ('<<') are not supported", at: position)
                    continue
                }
                if PlainScalar(scalar.string) != .text {
                    findings.report(
                        "the key \(quoted(scalar.string)) is not a text; put it in quotes",
                        at: position)
                    continue
                }
            }
            entries.append(Value.Entry(key: scalar.string, keyPosition: position, value: value))
        }
        return entries
    }

    // MARK: - The parser's errors

    private static func report(_ error: YamlError, file: String, _ findings: inout Findings) {
        switch error {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            var message = problem
            if let context { message += " (\(context.text) on line \(context.mark.line))" }
            findings.report(
                message, at: Position(file: file, line: mark.line, column: mark.column))
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map(quoted).joined(separator: ", ")
            findings.report(
                "given twice in one mapping: \(keys)",
                at: Position(file: file, line: context.mark.line, column: context.mark.column))
        case .reader(let problem, _, _, _), .writer(let problem), .emitter(let problem),
            .representer(let problem):
            findings.report(problem, at: Position(file: file, line: 1, column: 1))
        case .no, .memory, .dataCouldNotBeDecoded:
            findings.report("\(error)", at: Position(file: file, line: 1, column: 1))
        }
    }
}
