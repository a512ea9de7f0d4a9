/// The members of one JSON object, looked up by key. For headers and footers: not fast.
struct JSONMembers {
    private let text: [UInt8]
    private let members: [JSONText.Member]

    /// - Returns: nil where `text` is not one valid JSON object.
    init?(_ text: [UInt8]) {
        guard let members = JSONText.members(of: text.span) else { return nil }
        self.text = text
        self.members = members
    }

    /// The keys and values as text, in the file's order.
    var all: [(key: String, json: String)] {
        members.compactMap { member in
            unescaped(member.key).map { ($0, String(decoding: text[member.value], as: UTF8.self)) }
        }
    }

    /// A member's value as it stands in the text; the first of several.
    func json(_ key: String) -> String? {
        all.first { $0.key.utf8.elementsEqual(key.utf8) }?.json
    }

    /// A member that is a string.
    func string(_ key: String) -> String? {
        for member in members where unescaped(member.key)?.utf8.elementsEqual(key.utf8) == true {
            guard text[member.value.lowerBound] == UInt8(ascii: "\"") else { return nil }
            return unescaped(member.value.lowerBound + 1..<member.value.upperBound - 1)
        }
        return nil
    }

    /// A member that is a whole number.
    func integer<Number: FixedWidthInteger>(_ key: String, as type: Number.Type) -> Number? {
        json(key).flatMap { Number($0) }
    }

    /// What a string, given without its quotes, means.
    /// - Returns: nil where it names half of a surrogate pair, which no string can hold.
    private func unescaped(_ range: Range<Int>) -> String? {
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
            units.append(escape(at + 1))
            at += text[at + 1] == UInt8(ascii: "u") ? 6 : 2
            plainStart = at
        }
        plain()
        return String(validating: units, as: UTF16.self)
    }

    /// What the escape means whose letter is at `at`; the text is known to be valid.
    private func escape(_ at: Int) -> UInt16 {
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
