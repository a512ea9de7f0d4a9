/// The members of one JSON object, looked up by key. For headers and footers only, because it is slow.
struct JSONMembers {
    private let text: [UInt8]
    private let members: [JSONText.Member]

    /// - Returns: nil if `text` is not one valid JSON object.
    init?(_ text: [UInt8]) {
        guard let members = JSONText.members(of: text.span) else { return nil }
        self.text = text
        self.members = members
    }

    /// The keys and values as text, in the order of the file.
    var all: [(key: String, json: String)] {
        members.compactMap { member in
            JSONText.unescaped(text, member.key).map {
                ($0, String(decoding: text[member.value], as: UTF8.self))
            }
        }
    }

    /// The JSON text of a member's value; of several members with the key, the first. nil: there is none.
    func json(_ key: String) -> String? {
        all.first { $0.key.utf8.elementsEqual(key.utf8) }?.json
    }

    /// The value of a member; nil: there is none, or it is not a string.
    func string(_ key: String) -> String? {
        for member in members
        where JSONText.unescaped(text, member.key)?.utf8.elementsEqual(key.utf8) == true {
            guard text[member.value.lowerBound] == UInt8(ascii: "\"") else { return nil }
            return JSONText.unescaped(
                text, member.value.lowerBound + 1..<member.value.upperBound - 1)
        }
        return nil
    }

    /// The value of a member; nil: there is none, or it is not an integer that fits the type.
    func integer<Number: FixedWidthInteger>(_ key: String, as type: Number.Type) -> Number? {
        json(key).flatMap { Number($0) }
    }
}
