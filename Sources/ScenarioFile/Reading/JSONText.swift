/// Checks whether a text is JSON (RFC 8259).
struct JSONText {
    /// The reason why a text is not JSON, and the offset of the error in bytes.
    struct Problem: Sendable, Hashable {
        var offset: Int
        var message: String
    }

    private static let depthMax = 64
    private let bytes: [UInt8]
    private var at = 0

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// The first error in `text`; nil if it is JSON with at most 64 levels of nesting.
    static func problem(in text: String) -> Problem? {
        var check = JSONText(text)
        check.skipSpace()
        if let message = check.value(depth: 1) {
            return Problem(offset: check.at, message: message)
        }
        check.skipSpace()
        if check.at < check.bytes.count {
            return Problem(offset: check.at, message: "text after the end")
        }
        return nil
    }

    /// Removes the white space between the parts of a JSON text.
    static func compact(_ text: String) -> String {
        var (kept, isInString, isEscaped) = ([UInt8](), false, false)
        for byte in text.utf8 {
            if isInString {
                if byte == UInt8(ascii: "\""), !isEscaped { isInString = false }
                isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
            } else if [0x20, 0x09, 0x0a, 0x0d].contains(byte) {
                continue
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
            }
            kept.append(byte)
        }
        return String(decoding: kept, as: UTF8.self)
    }

    /// Tells whether `text` is a number in JSON's syntax.
    static func isNumber(_ text: String) -> Bool {
        var check = JSONText(text)
        return check.number() == nil && check.at == check.bytes.count
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { at += 1 }
    }

    /// Skips a value. The result is the message of the first error, or nil if there is none.
    private mutating func value(depth: Int) -> String? {
        guard depth <= Self.depthMax else { return "nested more than \(Self.depthMax) levels deep" }
        switch next {
        case nil: return "it ends too early"
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return array(depth: depth)
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        default: return number()
        }
    }

    private mutating func word(_ word: StaticString) -> String? {
        let letters = Array("\(word)".utf8)
        guard bytes[at...].starts(with: letters) else { return "an unknown word" }
        at += letters.count
        return nil
    }

    private mutating func object(depth: Int) -> String? {
        at += 1
        skipSpace()
        if take("}") { return nil }
        while true {
            guard next == UInt8(ascii: "\"") else { return "a name in double quotes is missing" }
            if let message = string() { return message }
            skipSpace()
            guard take(":") else { return "':' is missing" }
            skipSpace()
            if let message = value(depth: depth + 1) { return message }
            skipSpace()
            if take("}") { return nil }
            guard take(",") else { return "',' or '}' is missing" }
            skipSpace()
        }
    }

    private mutating func array(depth: Int) -> String? {
        at += 1
        skipSpace()
        if take("]") { return nil }
        while true {
            if let message = value(depth: depth + 1) { return message }
            skipSpace()
            if take("]") { return nil }
            guard take(",") else { return "',' or ']' is missing" }
            skipSpace()
        }
    }

    private mutating func string() -> String? {
        at += 1
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                at += 1
                return nil
            case 0..<0x20: return "a control character in a string"
            case UInt8(ascii: "\\"):
                at += 1
                guard let escape = next else { return "a string is not closed" }
                if escape == UInt8(ascii: "u") {
                    for digit in 1...4 {
                        guard at + digit < bytes.count, isHexDigit(bytes[at + digit]) else {
                            return "\\u without four hexadecimal digits"
                        }
                    }
                    at += 5
                } else if Array("\"\\/bfnrt".utf8).contains(escape) {
                    at += 1
                } else {
                    return "an unknown escape in a string"
                }
            default: at += 1
            }
        }
        return "a string is not closed"
    }

    private func isHexDigit(_ byte: UInt8) -> Bool {
        Character(Unicode.Scalar(byte)).hexDigitValue != nil
    }

    private mutating func number() -> String? {
        let start = at
        _ = take("-")
        if !take("0"), !digits() {
            at = start
            return "a value is missing"
        }
        if take("."), !digits() { return "a digit is missing" }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            if !digits() { return "a digit is missing" }
        }
        return nil
    }

    /// Skips digits and tells whether there was at least one.
    private mutating func digits() -> Bool {
        let start = at
        while let byte = next, Self.isDigit(byte) { at += 1 }
        return at > start
    }
}
