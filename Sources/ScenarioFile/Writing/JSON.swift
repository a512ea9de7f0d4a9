/// A JSON value for writing. Objects keep the order of their members.
indirect enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    /// A number in JSON's syntax.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    struct Member: Sendable, Hashable {
        var name: String
        var value: JSON
        init(_ name: String, _ value: JSON) { (self.name, self.value) = (name, value) }
    }

    static func integer(_ value: some BinaryInteger) -> JSON { .number(String(value)) }

    /// The text on one line, without spaces.
    var compact: String {
        var text = ""
        write(into: &text, indent: nil)
        return text
    }

    /// The text over several lines, indented by two spaces per level.
    var pretty: String {
        var text = ""
        write(into: &text, indent: 0)
        return text
    }

    /// The number of values in it, including itself.
    var valueCount: Int {
        switch self {
        case .null, .bool, .number, .string: 1
        case .array(let items): items.reduce(1) { $0 + $1.valueCount }
        case .object(let members): members.reduce(1) { $0 + $1.value.valueCount }
        }
    }

    private func write(into text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let number): text += number
        case .string(let string): Self.write(string, into: &text)
        case .array(let items):
            Self.write(items.count, "[", "]", into: &text, indent: indent) { index, text, inner in
                items[index].write(into: &text, indent: inner)
            }
        case .object(let members):
            Self.write(members.count, "{", "}", into: &text, indent: indent) { index, text, inner in
                Self.write(members[index].name, into: &text)
                text += inner == nil ? ":" : ": "
                members[index].value.write(into: &text, indent: inner)
            }
        }
    }

    private static func write(
        _ count: Int, _ open: String, _ close: String, into text: inout String, indent: Int?,
        item: (Int, inout String, Int?) -> Void
    ) {
        text += open
        let inner = indent.map { $0 + 2 }
        for index in 0..<count {
            if index > 0 { text += "," }
            if let inner { text += "\n" + String(repeating: " ", count: inner) }
            item(index, &text, inner)
        }
        if let indent, count > 0 { text += "\n" + String(repeating: " ", count: indent) }
        text += close
    }

    /// Writes a JSON string that YAML reads as the same text: characters that YAML forbids in a
    /// file or treats as line breaks are escaped.
    private static func write(_ string: String, into text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar.value {
            case 0x22: text += "\\\""
            case 0x5c: text += "\\\\"
            case 0x0a: text += "\\n"
            case 0x0d: text += "\\r"
            case 0x09: text += "\\t"
            case 0..<0x20, 0x7f...0x9f, 0x2028, 0x2029, 0xfeff, 0xfffe, 0xffff:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
