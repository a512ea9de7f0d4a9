extension PatternParser {
    /// The meaning of an escape.
    enum Escaped {
        case scalar(UInt32)
        case set(ScalarSet.Class, isNegated: Bool)
    }

    mutating func escape() throws(PatternError) -> Escaped {
        guard let scalar = takeNext() else { throw PatternError("ends with a backslash") }
        switch scalar {
        case "d": return .set(.digit, isNegated: false)
        case "D": return .set(.digit, isNegated: true)
        case "w": return .set(.word, isNegated: false)
        case "W": return .set(.word, isNegated: true)
        case "s": return .set(.space, isNegated: false)
        case "S": return .set(.space, isNegated: true)
        case "p": return .set(try property(), isNegated: false)
        case "P": return .set(try property(), isNegated: true)
        case "t": return .scalar(9)
        case "n": return .scalar(10)
        case "v": return .scalar(11)
        case "f": return .scalar(12)
        case "r": return .scalar(13)
        case "c": return .scalar(try control())
        case "x": return .scalar(try hexadecimal(digits: 2))
        case "u": return .scalar(try unicode())
        case "0":
            if let next, ("0"..."9").contains(next) { throw Self.unknownEscape }
            return .scalar(0)
        case "1"..."9", "k": throw PatternError("refers back, which is not supported")
        case "a"..."z", "A"..."Z": throw Self.unknownEscape
        default: return .scalar(scalar.value)
        }
    }

    private static let unknownEscape = PatternError("has an unknown escape")

    private mutating func property() throws(PatternError) -> ScalarSet.Class {
        guard take("{"), let name = takeText(before: "}"),
            let kind = ScalarSet.Class(property: name)
        else { throw PatternError("names a Unicode property that is not supported") }
        return kind
    }

    private mutating func control() throws(PatternError) -> UInt32 {
        guard let letter = takeNext()?.value, (0x41...0x5a).contains(letter & ~0x20) else {
            throw Self.unknownEscape
        }
        return letter & 31
    }

    private mutating func unicode() throws(PatternError) -> UInt32 {
        if take("{") {
            // The standard library would also read a sign.
            guard let digits = takeText(before: "}"), digits.allSatisfy(\.isHexDigit),
                let code = UInt32(digits, radix: 16), code <= 0x10ffff
            else { throw Self.unknownEscape }
            return code
        }
        let high = try hexadecimal(digits: 4)
        guard (0xd800...0xdbff).contains(high) else { return high }
        // A surrogate pair: two escapes for one code point.
        let low = try attempt { parser throws(PatternError) -> UInt32? in
            guard parser.take("\\u"), let low = try? parser.hexadecimal(digits: 4),
                (0xdc00...0xdfff).contains(low)
            else { return nil }
            return low
        }
        return low.map { 0x10000 + (high - 0xd800) << 10 + ($0 - 0xdc00) } ?? high
    }

    private mutating func hexadecimal(digits: Int) throws(PatternError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = takeNext(), digit.isASCII,
                let value = Character(digit).hexDigitValue
            else { throw Self.unknownEscape }
            code = code << 4 | UInt32(value)
        }
        return code
    }
}
