/// Validates JSON text strictly by RFC 8259 and finds the members of an object. Not optimized for speed, since
/// the lines of a trace are short and flat.
enum JSONText {
    /// A member of an object: the positions of its key, without quotes, and of its value.
    struct Member {
        var key: Range<Int>
        var value: Range<Int>
    }

    /// The largest nesting depth. More than any scenario needs, and small enough to protect the stack from
    /// hostile text.
    private static let depthMax = 128

    /// The members of the JSON object that `text` consists of.
    /// - Returns: nil if the text is not exactly one valid JSON object in valid UTF-8.
    static func members(of text: Span<UInt8>) -> [Member]? {
        guard (try? UTF8Span(validating: text)) != nil else { return nil }
        var found: [Member] = []
        var at = 0
        skipSpace(text, &at)
        guard object(text, &at, depth: 0, into: &found) else { return nil }
        skipSpace(text, &at)
        return at == text.count ? found : nil
    }

    // MARK: - Grammar. Each function advances `at` past what it matched

    private static func value(_ text: Span<UInt8>, _ at: inout Int, depth: Int) -> Bool {
        guard at < text.count, depth < depthMax else { return false }
        switch text[at] {
        case UInt8(ascii: "{"):
            var members: [Member] = []
            return object(text, &at, depth: depth + 1, into: &members)
        case UInt8(ascii: "["): return array(text, &at, depth: depth + 1)
        case UInt8(ascii: "\""): return string(text, &at) != nil
        case UInt8(ascii: "t"): return word("true", text, &at)
        case UInt8(ascii: "f"): return word("false", text, &at)
        case UInt8(ascii: "n"): return word("null", text, &at)
        default: return number(text, &at)
        }
    }

    private static func object(
        _ text: Span<UInt8>, _ at: inout Int, depth: Int, into members: inout [Member]
    ) -> Bool {
        guard take(UInt8(ascii: "{"), text, &at) else { return false }
        skipSpace(text, &at)
        if take(UInt8(ascii: "}"), text, &at) { return true }
        while true {
            skipSpace(text, &at)
            guard let key = string(text, &at) else { return false }
            skipSpace(text, &at)
            guard take(UInt8(ascii: ":"), text, &at) else { return false }
            skipSpace(text, &at)
            let start = at
            guard value(text, &at, depth: depth) else { return false }
            // Only the members of the outermost object are needed.
            if depth == 0 { members.append(Member(key: key, value: start..<at)) }
            skipSpace(text, &at)
            if take(UInt8(ascii: "}"), text, &at) { return true }
            guard take(UInt8(ascii: ","), text, &at) else { return false }
        }
    }

    private static func array(_ text: Span<UInt8>, _ at: inout Int, depth: Int) -> Bool {
        at += 1
        skipSpace(text, &at)
        if take(UInt8(ascii: "]"), text, &at) { return true }
        while true {
            skipSpace(text, &at)
            guard value(text, &at, depth: depth) else { return false }
            skipSpace(text, &at)
            if take(UInt8(ascii: "]"), text, &at) { return true }
            guard take(UInt8(ascii: ","), text, &at) else { return false }
        }
    }

    /// - Returns: the position of the text between the quotes; nil: there is no valid string.
    private static func string(_ text: Span<UInt8>, _ at: inout Int) -> Range<Int>? {
        guard take(UInt8(ascii: "\""), text, &at) else { return nil }
        let start = at
        while at < text.count {
            let byte = text[at]
            at += 1
            if byte == UInt8(ascii: "\"") { return start..<(at - 1) }
            if byte < 0x20 { return nil }
            if byte == UInt8(ascii: "\\"), !escape(text, &at) { return nil }
        }
        return nil
    }

    private static func escape(_ text: Span<UInt8>, _ at: inout Int) -> Bool {
        guard at < text.count else { return false }
        let byte = text[at]
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return true
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                guard at < text.count, isHexDigit(text[at]) else { return false }
                at += 1
            }
            return true
        default: return false
        }
    }

    private static func number(_ text: Span<UInt8>, _ at: inout Int) -> Bool {
        _ = take(UInt8(ascii: "-"), text, &at)
        if !take(UInt8(ascii: "0"), text, &at) {
            guard digits(text, &at) else { return false }
        }
        if take(UInt8(ascii: "."), text, &at) {
            guard digits(text, &at) else { return false }
        }
        if take(UInt8(ascii: "e"), text, &at) || take(UInt8(ascii: "E"), text, &at) {
            if !take(UInt8(ascii: "+"), text, &at) { _ = take(UInt8(ascii: "-"), text, &at) }
            guard digits(text, &at) else { return false }
        }
        return true
    }

    private static func digits(_ text: Span<UInt8>, _ at: inout Int) -> Bool {
        let start = at
        while at < text.count, text[at] &- 48 < 10 { at += 1 }
        return at > start
    }

    private static func word(
        _ word: StaticString, _ text: Span<UInt8>, _ at: inout Int
    ) -> Bool {
        let isThere = word.withUTF8Buffer { letters in
            guard text.count - at >= letters.count else { return false }
            for index in letters.indices {
                if unsafe text[at + index] != letters[index] { return false }
            }
            return true
        }
        if isThere { at += word.utf8CodeUnitCount }
        return isThere
    }

    private static func take(_ byte: UInt8, _ text: Span<UInt8>, _ at: inout Int) -> Bool {
        guard at < text.count, text[at] == byte else { return false }
        at += 1
        return true
    }

    private static func skipSpace(_ text: Span<UInt8>, _ at: inout Int) {
        while at < text.count {
            switch text[at] {
            case 0x20, 0x09, 0x0a, 0x0d: at += 1
            default: return
            }
        }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "a")...UInt8(ascii: "f"): true
        case UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }
}
