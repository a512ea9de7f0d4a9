/// The usual answer with the type of every value changed, as after an incompatible release.
///
/// Numbers, booleans and null become strings, strings become the number 0, and empty objects and
/// empty lists are exchanged. The body stays valid JSON, so only a client that checks a schema
/// notices.
public struct WrongSchemaFault: Sendable, Hashable {
    /// Makes the fault, which has no settings.
    public init() {}
}

extension WrongSchemaFault: FaultEffect {
    var isBreakerFailure: Bool { false }

    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending {
        .answer(
            Answer(
                status: usual.status, fields: usual.fields, body: Self.drifted(usual.body)))
    }

    /// A body with the type of every value changed. A body that is neither an object nor a list
    /// becomes an empty list.
    ///
    /// It works on the text without parsing it, so invalid JSON stays invalid and nothing is lost.
    static func drifted(_ body: [UInt8]) -> [UInt8] {
        guard let first = body.first(where: { !isBlank($0) }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return emptyList }
        var result: [UInt8] = []
        var walk = Walk(body)
        while let token = walk.next() {
            switch token {
            case .mark(let byte): result.append(byte)
            case .key(let text): result += text
            case .value(let text):
                // A string becomes a number; a number, a boolean and null become strings.
                if text == Self.emptyObject {
                    result += Self.emptyList
                } else if text == Self.emptyList {
                    result += Self.emptyObject
                } else if text.first == UInt8(ascii: "\"") {
                    result.append(UInt8(ascii: "0"))
                } else {
                    result += [UInt8(ascii: "\"")] + text + [UInt8(ascii: "\"")]
                }
            }
        }
        return result
    }

    private static let emptyObject = Array("{}".utf8)
    private static let emptyList = Array("[]".utf8)

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
    }

    /// The tokens of a JSON text, without white space.
    private struct Walk {
        enum Token {
            case mark(UInt8)
            case key([UInt8])
            case value([UInt8])
        }

        private let text: [UInt8]
        private var place = 0

        init(_ text: [UInt8]) { self.text = text }

        mutating func next() -> Token? {
            while place < text.count, WrongSchemaFault.isBlank(text[place]) { place += 1 }
            guard place < text.count else { return nil }
            let start = place
            place += 1
            switch text[start] {
            case UInt8(ascii: "{") where closes(UInt8(ascii: "}")):
                return .value(WrongSchemaFault.emptyObject)
            case UInt8(ascii: "[") where closes(UInt8(ascii: "]")):
                return .value(WrongSchemaFault.emptyList)
            case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"),
                UInt8(ascii: ","), UInt8(ascii: ":"):
                return .mark(text[start])
            case UInt8(ascii: "\""):
                while place < text.count, text[place] != UInt8(ascii: "\"") {
                    place += text[place] == UInt8(ascii: "\\") ? 2 : 1
                }
                place = min(place + 1, text.count)
                let string = Array(text[start..<place])
                if isBeforeColon { return .key(string) }
                return .value(string)
            default:
                while place < text.count, !Self.endsLiteral(text[place]) { place += 1 }
                return .value(Array(text[start..<place]))
            }
        }

        /// Skips a closing bracket if only white space comes before it; returns whether it did.
        private mutating func closes(_ bracket: UInt8) -> Bool {
            let next = text[place...].firstIndex { !WrongSchemaFault.isBlank($0) }
            guard let next, text[next] == bracket else { return false }
            place = next + 1
            return true
        }

        private var isBeforeColon: Bool {
            text[place...].first { !WrongSchemaFault.isBlank($0) } == UInt8(ascii: ":")
        }

        private static func endsLiteral(_ byte: UInt8) -> Bool {
            WrongSchemaFault.isBlank(byte)
                || [UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]")].contains(byte)
        }
    }
}
