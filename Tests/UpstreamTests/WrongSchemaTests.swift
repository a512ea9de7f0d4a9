import KeyedChance
import HTTPTypes
import Testing

@testable import Upstream

/// A JSON text as a tree, which is written and changed by the rules independently of the product.
private indirect enum Tree {
    case literal(String)
    case text(String)
    case list([Tree])
    case object([(key: String, value: Tree)])

    /// Every value of another type: texts become 0, other literals texts, and empty things the
    /// other kind of empty.
    var drifted: Tree {
        switch self {
        case .literal(let literal): .text(literal)
        case .text: .literal("0")
        case .list(let items): items.isEmpty ? .object([]) : .list(items.map(\.drifted))
        case .object(let members):
            members.isEmpty
                ? .list([]) : .object(members.map { (key: $0.key, value: $0.value.drifted) })
        }
    }

    /// As text, with `blank` between any two tokens.
    func written(_ blank: () -> String) -> String {
        switch self {
        case .literal(let literal): return literal
        case .text(let text): return "\"" + text + "\""
        case .list(let items):
            let parts = items.map { blank() + $0.written(blank) + blank() }
            return "[" + (parts.isEmpty ? blank() : parts.joined(separator: ",")) + "]"
        case .object(let members):
            let parts = members.map {
                blank() + "\"" + $0.key + "\"" + blank() + ":" + blank() + $0.value.written(blank)
                    + blank()
            }
            return "{" + (parts.isEmpty ? blank() : parts.joined(separator: ",")) + "}"
        }
    }

    var isContainer: Bool {
        switch self {
        case .list, .object: true
        default: false
        }
    }

    // Escapes, brackets, colons and commas in texts are where a walk over the text may stumble.
    private static let texts = [
        "", "a", #"\""#, #"\\"#, #"\\\""#, "{}", "[1,2]", "a:b", #"\u007b"#, "\u{e9}\u{20ac}", ": ",
    ]
    private static let literals = [
        "0", "-1.5e+10", "true", "false", "null", "12345678901234567890",
    ]

    static func random(_ chance: inout Chance, depth: Int) -> Tree {
        let kind = chance.below(depth > 0 ? 8 : 4)
        let text = texts[Int(chance.below(UInt64(texts.count)))]
        switch kind {
        case 0, 1: return .text(text)
        case 2, 3: return .literal(literals[Int(chance.below(UInt64(literals.count)))])
        case 4, 5:
            return .list((0..<chance.below(4)).map { _ in random(&chance, depth: depth - 1) })
        default:
            return .object(
                (0..<chance.below(4)).map { number in
                    (key: text + "\(number)", value: random(&chance, depth: depth - 1))
                })
        }
    }
}

@Suite struct WrongSchemaTests {
    private func drifted(_ text: String) -> String {
        String(decoding: WrongSchemaFault.drifted(Array(text.utf8)), as: UTF8.self)
    }

    private func blank(_ chance: inout Chance) -> String {
        [" ", "", "\n", "\t ", "", ""][Int(chance.below(6))]
    }

    /// 2 000 random texts with random blanks: what comes is valid JSON, by construction, of the
    /// same shape, and no value keeps its type. Drifted again it keeps its shape once more.
    @Test func everyValueOfAnyJSONChangesItsType() {
        var containers = 0
        for number in 0..<2_000 as Range<UInt64> {
            var chance = Chance(seed: 1, stream: Chance.Stream("test.json"), request: number)
            let tree = Tree.random(&chance, depth: 4)
            let text = blank(&chance) + tree.written { blank(&chance) } + blank(&chance)
            if tree.isContainer {
                containers += 1
                #expect(drifted(text) == tree.drifted.written { "" }, "\(text)")
                #expect(drifted(drifted(text)) == tree.drifted.drifted.written { "" })
            } else {
                #expect(drifted(text) == "[]")
            }
        }
        #expect(containers > 800)
    }

    @Test(arguments: [
        (#"{"a": 1, "b": "x"}"#, #"{"a":"1","b":0}"#), ("[]", "{}"), (" { } ", "[]"),
        (#"{"a":[],"b":{ }}"#, #"{"a":{},"b":[]}"#), ("", "[]"), ("12", "[]"), ("oops", "[]"),
        (#"[null,[true]]"#, #"["null",["true"]]"#),
    ])
    func someTextsByHand(text: String, expected: String) { #expect(drifted(text) == expected) }

    /// What is cut short ends the walk, and nothing traps.
    @Test func whatIsNoJSONIsWalkedToItsEnd() {
        let text = #"{"a":[1,"\"x",{"b":null}],"c":"d"}"#
        for length in 0...text.utf8.count {
            let cut = Array(text.utf8.prefix(length))
            #expect(!WrongSchemaFault.drifted(cut).isEmpty)
        }
        #expect(drifted(#"{"a":"\"#) == #"{"a":0"#)
    }

    @Test func theAnswerKeepsItsStatusAndFields() throws {
        let route = Route(
            path: try PathPattern("/**"), status: 201,
            headers: [Field(name: "ETag", value: "x")], body: #"{"id":7}"#)
        let model = upstream(
            routes: [route], [Fault(effect: .wrongSchema(WrongSchemaFault()))])
        let answer = try #require(model.decide(arrival(), at: 0).answer)
        #expect(answer.status == 201 && answer.fields[.eTag] == "x")
        #expect(answer.text == #"{"id":"7"}"#)
    }
}
