/// Something that is wrong with an input, where it stands, and what would be right.
public struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
    /// The file as the caller named it, or the option, such as `--set client.max_retries`.
    public var file: String
    /// From 1.
    public var line: Int
    /// From 1, in Unicode scalars.
    public var column: Int
    /// What is wrong, in a sentence without a full stop.
    public var message: String
    /// What would be accepted, such as `one of latency, routes, faults`.
    public var expected: String?
    /// What was probably meant.
    public var suggestion: String?

    /// A finding.
    public init(
        file: String, line: Int, column: Int, message: String, expected: String? = nil,
        suggestion: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.expected = expected
        self.suggestion = suggestion
    }

    /// One line, such as `a.yaml:12:5: unknown key 'latancy' in upstream; did you mean 'latency'?`.
    public var description: String {
        var text = "\(file):\(line):\(column): \(message)"
        if let expected { text += "; expected \(expected)" }
        if let suggestion { text += "; did you mean '\(suggestion)'?" }
        return text
    }
}

/// Why an input is no scenario: everything that is wrong with it, not only the first finding.
public struct ScenarioError: Error, Sendable, Hashable, CustomStringConvertible {
    /// At least one, sorted by position.
    public var diagnostics: [Diagnostic]

    /// An error of these findings.
    public init(diagnostics: [Diagnostic]) {
        self.diagnostics = diagnostics
    }

    /// One line a diagnostic.
    public var description: String {
        diagnostics.map(\.description).joined(separator: "\n")
    }
}

/// A place in an input.
struct Position: Sendable, Hashable {
    var file: String
    /// From 1.
    var line: Int
    /// From 1, in Unicode scalars.
    var column: Int

    /// The place some characters further on the same line.
    func moved(by columns: Int) -> Position {
        Position(file: file, line: line, column: column + columns)
    }
}

/// What has been found so far. Decoding goes on after a finding, to collect the others.
struct Findings: Sendable {
    /// More than a person reads; a file of nonsense would otherwise be answered with megabytes.
    private static let shownMax = 50

    /// What is kept, so that memory stays small however much is wrong.
    private static let keptMax = 10_000

    private var diagnostics: [Diagnostic] = []

    var isEmpty: Bool { diagnostics.isEmpty }
    var count: Int { diagnostics.count }

    mutating func report(
        _ message: String, at position: Position, expected: String? = nil, suggestion: String? = nil
    ) {
        guard diagnostics.count < Self.keptMax else { return }
        diagnostics.append(
            Diagnostic(
                file: position.file, line: position.line, column: position.column,
                message: message, expected: expected, suggestion: suggestion))
    }

    /// What was probably meant by `word`. Only the findings that are shown need one.
    func suggestion(for word: String, among candidates: [String]) -> String? {
        count <= Self.shownMax ? Suggestion.nearest(to: word, among: candidates) : nil
    }

    mutating func add(_ others: Findings) {
        diagnostics += others.diagnostics.prefix(Self.keptMax - diagnostics.count)
    }

    /// Everything found, in the order of the files and of the places in each; nil when nothing was.
    var error: ScenarioError? {
        if diagnostics.isEmpty { return nil }
        // Files keep the order of their first finding.
        var files: [String] = []
        for diagnostic in diagnostics where !files.contains(diagnostic.file) {
            files.append(diagnostic.file)
        }
        var sorted: [Diagnostic] = []
        for file in files {
            let own = diagnostics.enumerated().filter { $0.element.file == file }.sorted {
                ($0.element.line, $0.element.column, $0.offset)
                    < ($1.element.line, $1.element.column, $1.offset)
            }
            sorted += own.map(\.element)
        }
        guard sorted.count > Self.shownMax else { return ScenarioError(diagnostics: sorted) }
        var shown = Array(sorted.prefix(Self.shownMax))
        let next = sorted[Self.shownMax]
        shown.append(
            Diagnostic(
                file: next.file, line: next.line, column: next.column,
                message: "and \(sorted.count - Self.shownMax) more errors from here on"))
        return ScenarioError(diagnostics: shown)
    }
}

/// Text from a file, fit for a message: one line, short, in quotes.
func quoted(_ text: String) -> String {
    let lengthMax = 60
    var shown = ""
    var length = 0
    for scalar in text.unicodeScalars {
        if length == lengthMax {
            shown += "..."
            break
        }
        length += 1
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .unassigned, .lineSeparator, .paragraphSeparator:
            shown += "\\u{\(String(scalar.value, radix: 16))}"
        default: shown.unicodeScalars.append(scalar)
        }
    }
    return "'\(shown)'"
}
