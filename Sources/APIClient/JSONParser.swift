/// A JSON parser, strict as RFC 8259, whose time grows linearly with the length of the text.
///
/// `JSONDecoder` can read a value of unknown type only by trying one type after the other. Each
/// failed try costs an error with the whole coding path, so that a deeply nested answer of 1 MB
/// kept a client busy for minutes. It also accepts `[1,]`.
struct JSONParser {
    /// The deepest nesting that is accepted: as deep as `JSONDecoder` reads, and safe on a small
    /// stack.
    static let depthMax = 512

    private let text: [UInt8]
    private var at = 0

    private init(_ text: [UInt8]) { self.text = text }

    /// Parses a text that is one JSON value. If a name occurs several times in an object, the first
    /// member counts.
    /// - Throws: `dataCorrupted` with the byte offset of the error; the text itself is not quoted.
    static func value(of text: [UInt8]) throws(DecodingError) -> JSONValue {
        var parser = JSONParser(text)
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: text.span)
        } catch {
            parser.at = error.byteOffsets.lowerBound
            throw parser.problem("the text is not UTF-8")
        }
        // RFC 8259 section 8.1 lets a parser ignore a byte order mark.
        if text.starts(with: [0xef, 0xbb, 0xbf]) { parser.at = 3 }
        parser.skipSpace()
        let value = try parser.value(depth: 1)
        parser.skipSpace()
        if parser.at < text.count { throw parser.problem("something follows the value") }
        return value
    }

    // MARK: - Grammar; each function moves `at` behind what it read

    private mutating func value(depth: Int) throws(DecodingError) -> JSONValue {
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(DecodingError) -> JSONValue {
        try open(depth: depth)
        var members: [String: JSONValue] = [:]
        if take("}") { return .object(members) }
        while true {
            guard next == UInt8(ascii: "\"") else { throw problem("a name is missing") }
            let name = try string()
            skipSpace()
            guard take(":") else { throw problem("':' is missing") }
            skipSpace()
            let value = try value(depth: depth + 1)
            if members[name] == nil { members[name] = value }
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw problem("',' or '}' is missing") }
            skipSpace()
        }
    }

    private mutating func array(depth: Int) throws(DecodingError) -> JSONValue {
        try open(depth: depth)
        var items: [JSONValue] = []
        if take("]") { return .array(items) }
        while true {
            items.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return .array(items) }
            guard take(",") else { throw problem("',' or ']' is missing") }
            skipSpace()
        }
    }

    private mutating func open(depth: Int) throws(DecodingError) {
        if depth > Self.depthMax { throw problem("it is nested over \(Self.depthMax) deep") }
        at += 1
        skipSpace()
    }

    private mutating func word(
        _ word: String, _ value: JSONValue
    ) throws(DecodingError) -> JSONValue {
        guard text[at...].starts(with: word.utf8) else { throw problem("an unknown word") }
        at += word.utf8.count
        return value
    }

    // MARK: - Strings

    private mutating func string() throws(DecodingError) -> String {
        at += 1
        let start = at
        skipPlain()
        // Most strings have no escape.
        if take("\"") { return String(decoding: text[start..<at - 1], as: UTF8.self) }
        var bytes = Array(text[start..<at])
        while !take("\"") {
            guard take("\\") else { throw problem("a string is not closed") }
            try appendEscape(to: &bytes)
            let plain = at
            skipPlain()
            bytes += text[plain..<at]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Moves to the next quote, backslash or control character.
    private mutating func skipPlain() {
        while at < text.count, text[at] >= 0x20, text[at] != UInt8(ascii: "\""),
            text[at] != UInt8(ascii: "\\")
        {
            at += 1
        }
    }

    private mutating func appendEscape(to bytes: inout [UInt8]) throws(DecodingError) {
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(text[at])
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0c)
        case UInt8(ascii: "n"): bytes.append(0x0a)
        case UInt8(ascii: "r"): bytes.append(0x0d)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"):
            at += 1
            bytes += String(try scalar()).utf8
            return
        default: throw problem("an unknown escape")
        }
        at += 1
    }

    /// The code point of a `\u` escape, including the second escape of a surrogate pair.
    private mutating func scalar() throws(DecodingError) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        if (0xd800...0xdbff).contains(first), take("\\"), take("u") {
            let second = try hexadecimal()
            if (0xdc00...0xdfff).contains(second),
                let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + second - 0xdc00)
            {
                return scalar
            }
        }
        throw problem("half of a surrogate pair")
    }

    private mutating func hexadecimal() throws(DecodingError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw problem("a hexadecimal digit is missing")
            }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }

    // MARK: - Numbers

    private mutating func number() throws(DecodingError) -> JSONValue {
        let start = at
        _ = take("-")
        if !take("0") { try digits("a value is missing") }
        if take(".") { try digits("a digit is missing") }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits("a digit is missing")
        }
        let number = String(decoding: text[start..<at], as: UTF8.self)
        if let integer = Int64(number) { return .integer(integer) }
        guard let double = Double(number), double.isFinite else {
            at = start
            throw problem("the number is too large")
        }
        return Int64(exactly: double).map(JSONValue.integer) ?? .number(double)
    }

    private mutating func digits(_ missing: String) throws(DecodingError) {
        let start = at
        while let byte = next, FieldSyntax.digit(byte) != nil { at += 1 }
        if at == start { throw problem(missing) }
    }

    // MARK: - Characters

    private var next: UInt8? { at < text.count ? text[at] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { at += 1 }
    }

    private func problem(_ words: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: "\(words), at byte \(at)"))
    }
}
