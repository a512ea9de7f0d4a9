import Testing

/// Something that no source of some modules may contain.
struct SourceRule {
    enum Check {
        /// The source must not contain these phrases. `_` stands for any word.
        case phrases([String], notAfter: Set<String> = [])
        /// The source must not import these modules.
        case imports(Set<String>)
        /// The source may contain these phrases only with a comment on the same line or the line
        /// above.
        case uncommented([String])
        /// The largest number of lines in a file.
        case fileLines(Int)
        /// The largest number of lines in a function.
        case functionLines(Int)
    }

    let name: String
    /// The reason for the rule and what to write instead.
    let why: String
    /// The folders of `Sources` that the rule applies to, or `Tests`.
    let modules: [String]
    let check: Check
}

/// A justified exception from a rule.
struct SourceAllowance: Hashable, CustomTestStringConvertible {
    let rule: String
    /// The file's path from the root of the repository.
    let file: String
    /// A text that the line must contain.
    let text: String
    let reason: String

    var testDescription: String { "\(rule) in \(file): \(text)" }

    func covers(_ finding: SourceFinding) -> Bool {
        finding.rule == rule && finding.file == file && finding.text.contains(text)
    }
}

/// A place that breaks a rule.
struct SourceFinding: Hashable, CustomStringConvertible {
    let rule: String
    let file: String
    /// From 1.
    let line: Int
    /// The line as it is written.
    let text: String
    let why: String

    var description: String { "\(file):\(line): [\(rule)] \(text)\n    \(why)" }
}

extension SourceRule {
    /// Where this rule is broken in a file of one of its modules, in the order of the file.
    func findings(in source: SourceText, file: String) -> [SourceFinding] {
        let lines: [Int] =
            switch check {
            case .phrases(let phrases, let notAfter):
                source.lines(of: phrases, notAfter: notAfter)
            case .imports(let forbidden):
                source.imports.filter { forbidden.contains($0.module) }.map(\.line)
            case .uncommented(let phrases):
                source.lines(of: phrases).filter {
                    source.commentedLines.isDisjoint(with: [$0, $0 - 1])
                }
            case .fileLines(let most):
                source.lineCount > most ? [most + 1] : []
            case .functionLines(let most):
                source.functions.filter { $0.count > most }.map(\.lowerBound)
            }
        return lines.map {
            SourceFinding(rule: name, file: file, line: $0, text: source.line($0), why: why)
        }
    }
}

extension SourceText {
    /// The lines, one for each time, on which one of the phrases begins.
    func lines(of phrases: [String], notAfter: Set<String> = []) -> [Int] {
        let wanted = phrases.map { SourceText($0).tokens.map(\.text) }
        let byFirst = Dictionary(grouping: wanted) { $0[0] }
        return tokens.indices.filter { index in
            if index > 0, notAfter.contains(tokens[index - 1].text) { return false }
            return (byFirst[tokens[index].text] ?? []).contains { holds($0, at: index) }
        }.map { tokens[$0].line }
    }

    private func holds(_ phrase: [String], at index: Int) -> Bool {
        guard index + phrase.count <= tokens.count else { return false }
        return zip(phrase, tokens[index...]).allSatisfy { text, token in
            text == "_" ? token.isWord : text == token.text
        }
    }

    /// The modules that are imported, also where only one declaration of them is.
    var imports: [(module: String, line: Int)] {
        let kinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
        return tokens.indices.compactMap { index in
            guard tokens[index].text == "import" else { return nil }
            let names = tokens[(index + 1)...].drop { kinds.contains($0.text) }
            guard let name = names.first, name.isWord else { return nil }
            return (name.text, tokens[index].line)
        }
    }

    /// The first to the last line of each function, initialiser and subscript that has a body.
    var functions: [ClosedRange<Int>] {
        tokens.indices.compactMap { index in
            guard startsFunction(index), let open = bodyStart(after: index) else { return nil }
            var depth = 0
            for token in tokens[open...] {
                if token.text == "{" { depth += 1 }
                if token.text == "}" { depth -= 1 }
                if depth == 0 { return tokens[index].line...token.line }
            }
            return nil
        }
    }

    private func startsFunction(_ index: Int) -> Bool {
        let isMember = index > 0 && tokens[index - 1].text == "."
        switch tokens[index].text {
        case "func", "deinit": return !isMember
        case "init", "subscript":
            let next = index + 1 < tokens.count ? tokens[index + 1].text : ""
            return !isMember && ["(", "?", "!", "<"].contains(next)
        default: return false
        }
    }

    /// The brace that opens a function's body; nil for a requirement of a protocol.
    private func bodyStart(after start: Int) -> Int? {
        // Any of these begins the next declaration.
        let others: Set = [
            "func", "init", "subscript", "var", "let", "case", "associatedtype", "static", "class",
            "mutating", "public", "package", "internal", "private", "fileprivate", "nonisolated",
            "@", "#", "}", "struct", "enum", "extension", "protocol", "typealias", "import",
        ]
        var depth = 0
        for index in tokens.indices[(start + 1)...] {
            let text = tokens[index].text
            if text == "(" || text == "[" { depth += 1 }
            if text == ")" || text == "]" { depth -= 1 }
            if depth > 0 { continue }
            if text == "{" { return index }
            if others.contains(text) { return nil }
        }
        return nil
    }
}
