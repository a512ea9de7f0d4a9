/// A Swift file as its tokens: comments and the text of string literals are left out, the code of
/// interpolations is kept. What a rule finds is therefore code.
struct SourceText {
    /// A word (a name, keyword or number), one character of punctuation, or `"` for a whole literal.
    struct Token: Hashable {
        var text: String
        /// From 1.
        var line: Int

        var isWord: Bool { text.utf8.first.map(Lexer.isWordByte) ?? false }
    }

    let tokens: [Token]
    /// The lines, from 1, on which a comment begins, goes on or ends.
    let commentedLines: Set<Int>
    let lines: [Substring]

    init(_ text: String) {
        var lexer = Lexer(text)
        lexer.readCode(inInterpolation: false)
        tokens = lexer.tokens
        commentedLines = lexer.commentedLines
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// How many lines the file has; a newline at the end begins no further one.
    var lineCount: Int { lines.last?.isEmpty == true ? lines.count - 1 : lines.count }

    /// A line, from 1, without the space around it.
    func line(_ number: Int) -> String {
        guard lines.indices.contains(number - 1) else { return "" }
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let line = lines[number - 1].drop(while: isSpace)
        return String(line.reversed().drop(while: isSpace).reversed())
    }
}

/// Cuts Swift into tokens, well enough for the rules; never fails.
private struct Lexer {
    private let bytes: [UInt8]
    private var at = 0
    private var line = 1
    private(set) var tokens: [SourceText.Token] = []
    private(set) var commentedLines: Set<Int> = []

    init(_ text: String) { bytes = Array(text.utf8) }

    static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }

    /// Reads to the end or, in an interpolation, over the parenthesis that closes it.
    mutating func readCode(inInterpolation: Bool) {
        var depth = 0
        while at < bytes.count {
            let byte = bytes[at]
            if sees("//") {
                commentedLines.insert(line)
                skip(to: UInt8(ascii: "\n"))
            } else if sees("/*") {
                readBlockComment()
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "#") {
                readLiteralOrHash()
            } else if byte == UInt8(ascii: "/"), let end = endOfRegex() {
                at = end
                add("\"")
            } else if Self.isWordByte(byte) {
                let start = at
                while at < bytes.count, Self.isWordByte(bytes[at]) { at += 1 }
                add(String(decoding: bytes[start..<at], as: UTF8.self))
            } else if byte <= UInt8(ascii: " ") {
                advance()
            } else {
                add(String(UnicodeScalar(byte)))
                at += 1
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") {
                    if inInterpolation && depth == 0 { return }
                    depth -= 1
                }
            }
        }
    }

    private mutating func add(_ text: String) { tokens.append(.init(text: text, line: line)) }

    private func sees(_ text: StaticString, from offset: Int = 0) -> Bool {
        let start = at + offset
        let count = text.utf8CodeUnitCount
        guard start + count <= bytes.count else { return false }
        return "\(text)".utf8.elementsEqual(bytes[start..<start + count])
    }

    private mutating func advance() {
        if bytes[at] == UInt8(ascii: "\n") { line += 1 }
        at += 1
    }

    private mutating func skip(to end: UInt8) {
        while at < bytes.count, bytes[at] != end { advance() }
    }

    /// Comments nest in Swift.
    private mutating func readBlockComment() {
        var depth = 0
        while at < bytes.count {
            commentedLines.insert(line)
            if sees("/*") {
                depth += 1
                at += 2
            } else if sees("*/") {
                depth -= 1
                at += 2
                if depth == 0 { return }
            } else {
                advance()
            }
        }
    }

    /// A string or an extended regular expression with as many `#` as it has, or a lone `#`.
    private mutating func readLiteralOrHash() {
        var hashes = 0
        while at + hashes < bytes.count, bytes[at + hashes] == UInt8(ascii: "#") { hashes += 1 }
        if sees("\"", from: hashes) {
            readString(hashes: hashes)
        } else if hashes > 0, sees("/", from: hashes) {
            at += hashes + 1
            while at < bytes.count, !(sees("/") && hasHashes(hashes, from: 1)) { advance() }
            at = min(at + hashes + 1, bytes.count)
            add("\"")
        } else {
            add("#")
            at += 1
        }
    }

    private func hasHashes(_ count: Int, from offset: Int) -> Bool {
        let start = at + offset
        guard start + count <= bytes.count else { return false }
        return bytes[start..<start + count].allSatisfy { $0 == UInt8(ascii: "#") }
    }

    private mutating func readString(hashes: Int) {
        add("\"")
        at += hashes
        let isMultiline = sees("\"\"\"") && (hashes == 0 || !closesOnLine(hashes: hashes))
        let quotes = isMultiline ? 3 : 1
        at += quotes
        while at < bytes.count {
            if sees("\\"), hasHashes(hashes, from: 1) {
                at += 1 + hashes
                if sees("(") {
                    add("(")
                    at += 1
                    readCode(inInterpolation: true)
                } else if at < bytes.count {
                    advance()
                }
            } else if isMultiline ? sees("\"\"\"") : sees("\""), hasHashes(hashes, from: quotes) {
                at += quotes + hashes
                return
            } else if !isMultiline && sees("\n") {
                return  // Not Swift; the next line is read as code again.
            } else {
                advance()
            }
        }
    }

    /// Whether the raw string that begins with three quotes is one of a single line, such as `#"""#`.
    private func closesOnLine(hashes: Int) -> Bool {
        var index = at + 1
        while index + hashes < bytes.count, bytes[index] != UInt8(ascii: "\n") {
            let end = bytes[index...].dropFirst().prefix(hashes)
            if bytes[index] == UInt8(ascii: "\""), end.allSatisfy({ $0 == UInt8(ascii: "#") }) {
                return true
            }
            index += 1
        }
        return false
    }

    /// The index after the bare regular expression that begins here; nil where `/` is a division.
    private func endOfRegex() -> Int? {
        let before: Set<String> = ["=", "(", ",", ":", "{", "return"]
        guard let last = tokens.last, before.contains(last.text), !sees("/ ") else { return nil }
        var index = at + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") {
            if bytes[index] == UInt8(ascii: "/") { return index + 1 }
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }
}
