/// The open levels, the current position and the findings of the check.
extension LexicalCheck {
    /// The token that may become a key. libyaml keeps one for the whole block context and one for
    /// each open bracket.
    var candidate: KeyCandidate? {
        get { flows.isEmpty ? blocks[0].candidate : flows[flows.count - 1].candidate }
        set {
            if flows.isEmpty {
                blocks[0].candidate = newValue
            } else {
                flows[flows.count - 1].candidate = newValue
            }
        }
    }

    var blockIndent: Int { blocks[blocks.count - 1].indent }

    /// Remembers that the token that starts here may become a key.
    mutating func offerKey() {
        if keyAllowed {
            candidate = KeyCandidate(index: index, line: line, column: column, end: index)
        }
    }

    /// Remembers that the token that may become a key ends here.
    mutating func endCandidate() {
        let end = index
        candidate?.end = end
    }

    mutating func openBlock(at column: Int) {
        guard column > blockIndent else { return }
        var level = Level()
        level.indent = column
        blocks.append(level)
        checkDepth()
    }

    mutating func unwind(to column: Int) {
        guard flows.isEmpty else { return }
        while blocks.count > 1, blockIndent > column { blocks.removeLast() }
    }

    mutating func checkDepth() {
        let depth = blocks.count - 1 + flows.count
        deepest = max(deepest, depth)
        if depth > Self.depthMax {
            stop("nested more than \(Self.depthMax) levels deep")
        }
    }

    // MARK: - Characters

    func peek(_ offset: Int) -> Unicode.Scalar? {
        index + offset < text.count ? text[index + offset] : nil
    }

    func isBreak(_ scalar: Unicode.Scalar?) -> Bool { scalar == "\n" || scalar == "\r" }

    func isBlank(_ scalar: Unicode.Scalar?) -> Bool { scalar == " " || scalar == "\t" }

    func isBlankOrEnd(_ offset: Int) -> Bool {
        guard let scalar = peek(offset) else { return true }
        return isBlank(scalar) || isBreak(scalar)
    }

    func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
        default: false
        }
    }

    /// Skips characters that are not line breaks.
    mutating func advance(_ count: Int) {
        index += count
        column += count
    }

    /// Skips a line break.
    mutating func advanceLine() {
        index += peek(0) == "\r" && peek(1) == "\n" ? 2 : 1
        line += 1
        column = 0
    }

    // MARK: - Findings

    var here: Position { Position(file: file, line: line + 1, column: column + 1) }

    mutating func stop(_ message: String) { stop(message, at: here) }

    mutating func stop(_ message: String, at position: Position) {
        findings.report(message, at: position)
        isStopped = true
    }
}
