/// An error in an input: its place, what is wrong, and what would be accepted.
public struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
    /// The file's name as the caller gave it, or the command line option, for example `--set
    /// client.max_retries`.
    public var file: String
    /// The line, counted from 1.
    public var line: Int
    /// The column in Unicode scalars, counted from 1.
    public var column: Int
    /// What is wrong, as a sentence without a full stop.
    public var message: String
    /// What would be accepted, for example `one of latency, routes, faults`. nil if the message
    /// says enough.
    public var expected: String?
    /// The accepted word that is most similar to the one in the input. nil if none is similar.
    public var suggestion: String?

    /// Creates a diagnostic.
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

    /// The diagnostic on one line, for example `a.yaml:12:5: unknown key 'latancy' in upstream; did
    /// you mean 'latency'?`.
    public var description: String {
        var text = "\(file):\(line):\(column): \(message)"
        if let expected { text += "; expected \(expected)" }
        if let suggestion { text += "; did you mean '\(suggestion)'?" }
        return text
    }
}

/// The error for an input that is not a valid scenario. It lists everything that is wrong, not only
/// the first diagnostic.
public struct ScenarioError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The diagnostics, at least one, sorted by their position. At most 50 are listed; one more
    /// then gives the number of those left out.
    public var diagnostics: [Diagnostic]

    /// Creates an error with these diagnostics.
    public init(diagnostics: [Diagnostic]) {
        self.diagnostics = diagnostics
    }

    /// All diagnostics, one on each line.
    public var description: String {
        diagnostics.map(\.description).joined(separator: "\n")
    }
}

/// A position in an input.
struct Position: Sendable, Hashable {
    var file: String
    /// The line, counted from 1.
    var line: Int
    /// The column in Unicode scalars, counted from 1.
    var column: Int

    /// The position `columns` scalars further on the same line.
    func moved(by columns: Int) -> Position {
        Position(file: file, line: line, column: column + columns)
    }
}

/// The diagnostics found so far. Decoding continues after an error in order to report the others
/// too.
struct Findings: Sendable {
    /// The most diagnostics that an error lists. Without a limit a file full of errors would
    /// produce megabytes of messages.
    private static let shownMax = 50

    /// The most diagnostics that are stored, which bounds the memory.
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

    /// The candidate most similar to `word`; nil if none is similar, or if the diagnostic would not
    /// be listed anyway.
    func suggestion(for word: String, among candidates: [String]) -> String? {
        count <= Self.shownMax ? Suggestion.nearest(to: word, among: candidates) : nil
    }

    mutating func add(_ others: Findings) {
        diagnostics += others.diagnostics.prefix(Self.keptMax - diagnostics.count)
    }

    /// All diagnostics, ordered by file and by position in the file; nil if there are none.
    var error: ScenarioError? {
        if diagnostics.isEmpty { return nil }
        // Files are ordered by their first diagnostic.
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

/// Quotes text from an input for a message: at most 60 scalars on one line, with invisible
/// characters escaped.
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
