/// Checks a YAML text before the parser sees it, and rejects texts that could harm the parser.
///
/// The parser recurses with the nesting and compares keys by visiting everything that their aliases
/// stand for, so a small crafted file could overflow the stack or run for ever. This check follows
/// the rules by which libyaml's scanner finds the start of a token, in one pass and without
/// recursion. It rejects deep nesting, many anchors, and keys that are not plain words. It also
/// reports tabs, tags, a second document, duplicate keys and unclosed brackets and quotes, with
/// better messages than the parser's.
///
/// The check must agree with the parser about tokens up to the parser's first error; beyond that
/// point it does not matter.
struct LexicalCheck {
    /// The most levels of nesting, block and flow context together.
    static let depthMax = 64
    /// The most anchors in one file. An alias may stand inside another anchor's value, so the depth
    /// of the parser's tree can reach the product of both limits.
    static let anchorsMax = 32
    /// The longest distance from a key's first character to its ':'. The limit is libyaml's.
    static let keyLengthMax = 1024

    /// A token that becomes a key if a ':' follows on the same line.
    struct KeyCandidate {
        var index: Int
        var line: Int
        var column: Int
        /// The index after the last character.
        var end: Int
    }

    /// An open mapping or list.
    struct Level {
        /// In the block context, the column of its keys or dashes, counted from 0.
        var indent = -1
        /// In the flow context, its opening bracket.
        var bracket: Unicode.Scalar?
        var bracketPosition: Position?
        /// In braces, whether a key comes next. YAML accepts a key there without a ':'.
        var isAtKey = false
        /// The line of each key's last occurrence so far, counted from 1.
        var keys: [String: Int] = [:]
        var candidate: KeyCandidate?
    }

    let text: [Unicode.Scalar]
    let file: String
    var index = 0
    /// The current line, counted from 0.
    var line = 0
    /// The current column, counted from 0.
    var column = 0
    /// Whether the next token may be a key.
    var keyAllowed = true
    /// The open levels of the block context. The first is the document itself.
    var blocks = [Level()]
    /// The open levels of the flow context, one for each open bracket.
    var flows: [Level] = []
    /// The largest number of levels that were open at once.
    var deepest = 0
    var anchors = 0
    var tokenSeen = false
    var documentEnded = false
    var findings = Findings()
    /// Whether the check has stopped because of an error after which later tokens are uncertain.
    var isStopped = false

    /// Reports everything that makes `text` unsuitable for the parser.
    static func findings(in text: String, file: String) -> Findings {
        var check = LexicalCheck(text, file: file)
        check.run()
        return check.findings
    }

    /// The largest number of levels of `text` that are open at once. A list in the same column as
    /// its key, which YAML allows, is not counted, so the parser's tree may be twice as deep.
    static func levels(in text: String) -> Int {
        var check = LexicalCheck(text, file: "")
        check.run()
        return check.deepest
    }

    private init(_ text: String, file: String) {
        self.text = Array(text.unicodeScalars)
        self.file = file
    }

    private mutating func run() {
        while !isStopped {
            skipToToken()
            if isStopped { break }
            unwind(to: column)
            guard let scalar = peek(0) else { break }
            token(scalar)
        }
        if !isStopped, let open = flows.last, let bracket = open.bracket {
            stop("'\(bracket)' is never closed", at: open.bracketPosition ?? here)
        }
    }

    // MARK: - Tokens

    private mutating func token(_ scalar: Unicode.Scalar) {
        if column == 0, isDocumentMark() { return documentMark() }
        if documentEnded { return stop("a file contains one scenario; nothing may follow '...'") }
        defer { tokenSeen = true }
        let inFlow = !flows.isEmpty
        switch scalar {
        case "%" where column == 0: stop("YAML directives are not supported")
        case "[", "{": openFlow(scalar)
        case "]", "}": closeFlow(scalar)
        case ",": flowEntry()
        case "-" where isBlankOrEnd(1): blockEntry()
        case "?" where inFlow || isBlankOrEnd(1):
            stop("keys with '?' are not supported; a key is a word and a ':'")
        case ":" where inFlow || isBlankOrEnd(1): value()
        case "*", "&": anchorOrAlias(scalar)
        case "!": stop("tags are not supported")
        case "|" where !inFlow, ">" where !inFlow: blockScalar()
        case "'", "\"": quotedScalar(scalar)
        case "\t": stop("tabs are not allowed for indentation; use spaces")
        case "|", ">", "%", "@", "`":
            stop("a value cannot begin with '\(scalar)'; put it in quotes")
        default: plainScalar()
        }
    }

    private func isDocumentMark() -> Bool {
        guard let first = peek(0), first == "-" || first == "." else { return false }
        return peek(1) == first && peek(2) == first && isBlankOrEnd(3)
    }

    private mutating func documentMark() {
        guard flows.isEmpty else { return stop("a document marker inside brackets") }
        unwind(to: -1)
        if peek(0) == "." {
            documentEnded = true
        } else if tokenSeen || documentEnded {
            return stop("a file contains one scenario; a second document begins here")
        }
        tokenSeen = true
        keyAllowed = false
        advance(3)
    }

    private mutating func openFlow(_ bracket: Unicode.Scalar) {
        if flows.last?.isAtKey == true { return stop("a key is a text, not a list or a mapping") }
        offerKey()
        var level = Level()
        level.bracket = bracket
        level.bracketPosition = here
        level.isAtKey = bracket == "{"
        flows.append(level)
        checkDepth()
        keyAllowed = true
        advance(1)
    }

    private mutating func closeFlow(_ bracket: Unicode.Scalar) {
        guard let open = flows.last?.bracket else {
            return stop(
                "'\(bracket)' has no opening bracket; text that begins with it needs quotes")
        }
        guard (open == "[") == (bracket == "]") else {
            return stop("'\(bracket)' does not close '\(open)'")
        }
        flows.removeLast()
        keyAllowed = false
        advance(1)
        endCandidate()
    }

    private mutating func flowEntry() {
        guard !flows.isEmpty else { return stop("a value cannot begin with ','; put it in quotes") }
        candidate = nil
        keyAllowed = true
        if flows[flows.count - 1].bracket == "{" { flows[flows.count - 1].isAtKey = true }
        advance(1)
    }

    private mutating func blockEntry() {
        guard flows.isEmpty else { return stop("a list with '-' is not allowed inside brackets") }
        guard keyAllowed else { return stop("a list with '-' begins on a line of its own") }
        openBlock(at: column)
        candidate = nil
        keyAllowed = true
        advance(1)
    }

    private mutating func value() {
        guard let key = candidate, key.line == line, key.index + Self.keyLengthMax >= index else {
            return stop("':' is not allowed here; text that holds ': ' needs quotes")
        }
        if flows.isEmpty {
            openBlock(at: key.column)
        } else {
            flows[flows.count - 1].isAtKey = false
        }
        note(key)
        candidate = nil
        keyAllowed = false
        advance(1)
    }

    /// Checks that the key is a plain word and not a duplicate within its mapping.
    private mutating func note(_ key: KeyCandidate) {
        let place = Position(file: file, line: key.line + 1, column: key.column + 1)
        let first = text[key.index]
        switch first {
        case "[", "{": return stop("a key is a text, not a list or a mapping", at: place)
        case "*": return stop("an alias cannot be a key", at: place)
        case "&": return stop("a key cannot have an anchor", at: place)
        default: break
        }
        var characters = text[key.index..<key.end]
        if first == "'" || first == "\"" {
            characters = characters.dropFirst().dropLast()
            // The parser reports keys that are equal only after their escapes are decoded.
            if characters.contains("\\") || characters.contains("'") { return }
        }
        if flows.last?.bracket == "[" { return }
        var name = String.UnicodeScalarView()
        name.append(contentsOf: characters)
        // The level is modified in place, because copying it would copy its keys each time.
        let earlier =
            flows.isEmpty
            ? blocks[blocks.count - 1].keys.updateValue(line + 1, forKey: String(name))
            : flows[flows.count - 1].keys.updateValue(line + 1, forKey: String(name))
        if let earlier {
            findings.report(
                "the key \(quoted(String(name))) is given twice, first on line \(earlier)",
                at: place)
        }
    }

    private mutating func anchorOrAlias(_ mark: Unicode.Scalar) {
        if flows.last?.isAtKey == true {
            return stop("a key is a text, without an anchor and not an alias")
        }
        offerKey()
        keyAllowed = false
        if mark == "&" {
            anchors += 1
            if anchors > Self.anchorsMax { return stop("more than \(Self.anchorsMax) anchors") }
        }
        var length = 1
        while let scalar = peek(length), isWordCharacter(scalar) { length += 1 }
        let endsWell =
            isBlankOrEnd(length)
            || peek(length).map { "?:,]}%@`".unicodeScalars.contains($0) } ?? true
        guard length > 1, endsWell else {
            return stop(
                "a value that begins with '\(mark)' is an \(mark == "&" ? "anchor" : "alias"); "
                    + "put text in quotes")
        }
        advance(length)
        if mark == "*" { endCandidate() }
    }

    private mutating func skipToToken() {
        while true {
            while let scalar = peek(0),
                scalar == " " || (scalar == "\t" && (!flows.isEmpty || !keyAllowed))
            { advance(1) }
            if peek(0) == "#" {
                while let scalar = peek(0), !isBreak(scalar) { advance(1) }
            }
            guard isBreak(peek(0)) else { return }
            advanceLine()
            if flows.isEmpty { keyAllowed = true }
        }
    }
}
