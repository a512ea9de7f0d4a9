extension JSONText {
    /// The value of a JSON string, with its escapes decoded.
    /// - Parameters:
    ///   - text: valid JSON.
    ///   - range: the position of the string, without its quotes.
    /// - Returns: the value; nil: it contains half of a surrogate pair, which no Swift string can hold.
    static func unescaped(_ text: [UInt8], _ range: Range<Int>) -> String? {
        guard text[range].contains(UInt8(ascii: "\\")) else {
            return String(decoding: text[range], as: UTF8.self)
        }
        var units: [UInt16] = []
        var at = range.lowerBound
        var plainStart = at
        func plain() {
            units += Array(String(decoding: text[plainStart..<at], as: UTF8.self).utf16)
        }
        while at < range.upperBound {
            guard text[at] == UInt8(ascii: "\\") else {
                at += 1
                continue
            }
            plain()
            units.append(escape(text, at + 1))
            at += text[at + 1] == UInt8(ascii: "u") ? 6 : 2
            plainStart = at
        }
        plain()
        return String(validating: units, as: UTF16.self)
    }

    /// The value of the escape whose letter is at `at`. The text must be valid.
    private static func escape(_ text: [UInt8], _ at: Int) -> UInt16 {
        switch text[at] {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "u"):
            UInt16(String(decoding: text[at + 1..<at + 5], as: UTF8.self), radix: 16) ?? 0xfffd
        default: UInt16(text[at])
        }
    }
}
