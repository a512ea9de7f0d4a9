/// Skips scalars: quoted, plain and block scalars.
extension LexicalCheck {
    mutating func quotedScalar(_ quote: Unicode.Scalar) {
        let start = here
        offerKey()
        keyAllowed = false
        advance(1)
        while let scalar = peek(0) {
            if column == 0, startsDocumentMark() { break }
            if scalar == quote {
                if quote == "'" && peek(1) == "'" {
                    advance(2)
                    continue
                }
                advance(1)
                return endCandidate()
            }
            if isBreak(scalar) {
                advanceLine()
            } else if quote == "\"" && scalar == "\\" {
                advance(1)
                if isBreak(peek(0)) { advanceLine() } else if peek(0) != nil { advance(1) }
            } else {
                advance(1)
            }
        }
        stop("the quote \(quote == "'" ? "\"'\"" : "'\"'") is never closed", at: start)
    }

    mutating func plainScalar() {
        offerKey()
        keyAllowed = false
        let indent = blockIndent + 1
        var leadingBlanks = false
        while true {
            if column == 0, startsDocumentMark() { break }
            if peek(0) == "#" { break }
            while let scalar = peek(0), !isBlankOrEnd(0) {
                if !flows.isEmpty, scalar == ":", let after = peek(1),
                    ",?[]{}".unicodeScalars.contains(after)
                {
                    return stop("':' in a text inside brackets; put the text in quotes")
                }
                if scalar == ":", isBlankOrEnd(1) { break }
                if !flows.isEmpty, ",[]{}".unicodeScalars.contains(scalar) { break }
                leadingBlanks = false
                advance(1)
                endCandidate()
            }
            guard isBlank(peek(0)) || isBreak(peek(0)) else { break }
            while let scalar = peek(0), isBlank(scalar) || isBreak(scalar) {
                if isBreak(scalar) {
                    advanceLine()
                    leadingBlanks = true
                } else {
                    if leadingBlanks, column < indent, scalar == "\t" {
                        return stop("tabs are not allowed for indentation; use spaces")
                    }
                    advance(1)
                }
            }
            if flows.isEmpty, column < indent { break }
        }
        if leadingBlanks { keyAllowed = true }
    }

    mutating func blockScalar() {
        candidate = nil
        keyAllowed = true
        advance(1)
        var increment = 0
        for _ in 0..<2 {
            guard let scalar = peek(0) else { break }
            if scalar == "+" || scalar == "-" {
                advance(1)
            } else if increment == 0, case "1"..."9" = scalar {
                increment = Int(scalar.value - 0x30)
                advance(1)
            }
        }
        while isBlank(peek(0)) { advance(1) }
        if peek(0) == "#" {
            while let scalar = peek(0), !isBreak(scalar) { advance(1) }
        }
        guard isBlankOrEnd(0), !isBlank(peek(0)) else {
            return stop(
                "the text of a block begins on the next line; "
                    + "text that begins with '|' or '>' needs quotes"
            )
        }
        if peek(0) != nil { advanceLine() }
        blockScalarLines(indent: increment == 0 ? nil : max(blockIndent, 0) + increment)
    }

    /// Skips the lines of a block scalar.
    /// - Parameter given: The column of the text, counted from 0. nil if the first line decides it.
    private mutating func blockScalarLines(indent given: Int?) {
        var indent = given
        while true {
            var deepest = 0
            while true {
                while column < indent ?? .max, peek(0) == " " { advance(1) }
                deepest = max(deepest, column)
                if column < indent ?? .max, peek(0) == "\t" {
                    return stop("tabs are not allowed for indentation; use spaces")
                }
                guard isBreak(peek(0)) else { break }
                advanceLine()
            }
            let textColumn = indent ?? max(deepest, blockIndent + 1, 1)
            indent = textColumn
            guard column == textColumn, peek(0) != nil else { return }
            while let scalar = peek(0), !isBreak(scalar) { advance(1) }
            if peek(0) != nil { advanceLine() }
        }
    }

    private func startsDocumentMark() -> Bool {
        guard let first = peek(0), first == "-" || first == "." else { return false }
        return peek(1) == first && peek(2) == first && isBlankOrEnd(3)
    }
}
