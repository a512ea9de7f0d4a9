/// A value of a YAML document with its position. Aliases are expanded.
struct Value: Sendable {
    enum Content: Sendable {
        /// A scalar. `isPlain` means that it stands without quotes, so it may be a number, a
        /// boolean or null.
        case scalar(String, isPlain: Bool)
        case list([Value])
        case mapping([Entry])
    }

    /// One `key: value` pair of a mapping. The keys of a mapping are unique.
    struct Entry: Sendable {
        var key: String
        var keyPosition: Position
        var value: Value
    }

    var content: Content
    var position: Position

    /// The kind of the value, for messages.
    var kind: String {
        switch content {
        case .scalar(let text, isPlain: true):
            switch PlainScalar(text) {
            case .nothing: return "nothing"
            case .boolean: return "a boolean"
            case .number, .otherNumber: return "a number"
            case .text: return "a text"
            }
        case .scalar: return "a text"
        case .list: return "a list"
        case .mapping: return "a mapping"
        }
    }

    /// The text of a scalar; nil for a list, a mapping and null.
    var scalarText: String? {
        guard case .scalar(let text, let isPlain) = content else { return nil }
        if isPlain, PlainScalar(text) == .nothing { return nil }
        return text
    }

    var isNothing: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return PlainScalar(text) == .nothing
    }
}

/// The meaning of a scalar without quotes (YAML 1.2 core schema).
enum PlainScalar: Sendable, Hashable {
    case nothing
    case boolean(Bool)
    /// A number in JSON's syntax.
    case number
    /// A number in a syntax that JSON does not have or that YAML 1.1 reads differently.
    case otherNumber
    case text

    init(_ text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .nothing
        case "true", "True", "TRUE": self = .boolean(true)
        case "false", "False", "FALSE": self = .boolean(false)
        default:
            if JSONText.isNumber(text) {
                self = .number
            } else {
                self = Self.isOtherNumber(Array(text.utf8)) ? .otherNumber : .text
            }
        }
    }

    private static func isOtherNumber(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            rest = rest.dropFirst()
        }
        let lower = String(decoding: rest, as: UTF8.self).lowercased()
        if [".inf", ".nan", "inf", "infinity", "nan"].contains(lower) { return true }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where lower.hasPrefix(prefix) {
            let digits = lower.dropFirst(2)
            return !digits.isEmpty
                && digits.allSatisfy {
                    // Full-width digits have a value too, but are digits of no YAML number.
                    $0 == "_" || $0.isASCII && $0.hexDigitValue ?? 99 < radix
                }
        }
        // Digits with '_' between them, a fraction and an exponent. All parts are optional, but
        // there must be one digit.
        var digitSeen = false
        func skipDigits() {
            while let byte = rest.first, JSONText.isDigit(byte) || byte == UInt8(ascii: "_") {
                digitSeen = digitSeen || byte != UInt8(ascii: "_")
                rest = rest.dropFirst()
            }
        }
        skipDigits()
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            skipDigits()
        }
        guard digitSeen else { return false }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
                rest = rest.dropFirst()
            }
            guard let first = rest.first, JSONText.isDigit(first) else { return false }
            skipDigits()
        }
        return rest.isEmpty
    }
}
