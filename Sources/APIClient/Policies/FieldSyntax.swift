/// Parts of the HTTP field grammar that several fields share.
enum FieldSyntax {
    /// A number of seconds (RFC 9111 section 1.2.2): one or more ASCII digits and nothing else,
    /// else nil.
    ///
    /// A number too large for `Int64` becomes `Int64.max`, as that section requires.
    static func deltaSeconds(_ text: some Collection<UInt8>) -> Int64? {
        if text.isEmpty { return nil }
        var seconds: Int64 = 0
        for byte in text {
            guard let digit = digit(byte) else { return nil }
            seconds = seconds.multipliedSaturated(by: 10).addingSaturated(Int64(digit))
        }
        return seconds
    }

    /// The value of an ASCII digit; nil for any other byte.
    static func digit(_ byte: UInt8) -> Int? {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? Int(byte - UInt8(ascii: "0")) : nil
    }

    /// Whether the byte is optional whitespace (RFC 9110 section 5.6.3): a space or a tab.
    static func isWhitespace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    /// The text without the optional whitespace at both ends.
    static func trimmed<Text: BidirectionalCollection<UInt8>>(_ text: Text) -> Text.SubSequence {
        var rest = text[...]
        while let first = rest.first, isWhitespace(first) { rest.removeFirst() }
        while let last = rest.last, isWhitespace(last) { rest.removeLast() }
        return rest
    }
}
