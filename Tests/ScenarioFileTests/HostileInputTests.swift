import KeyedChance
import ScenarioFile
import Testing

/// Inputs designed to overflow the stack, exhaust the memory or never finish.
@Suite(.timeLimit(.minutes(5))) struct HostileInputTests {
    private static let head = "format: 1\nduration: 1m\nload: [ { rate: 1/s, path: /a } ]\n"
    private static let size = 1 << 17

    /// 128 KiB: enough to show what grows faster than its input.
    private func filled(_ head: String, _ piece: String) -> String {
        head + String(repeating: piece, count: (Self.size - head.utf8.count) / piece.utf8.count)
    }

    @Test(
        "A long text of one repeated piece is refused in bounded time",
        arguments: [
            "[", "{", "{a: ", "[[]", "- ", "? ", ": ", "- ? ", "? - ", "a: ", "\"", "'", "''",
            "|\n",
            ">\n", "&a ", "*a ", "!t ", "%TAG !a! b\n", "---\n", "...\n", "#", "\t", "\r", "\n",
            " ",
            "a\n", "a: 1\n", "- a\n", "{}", "[],", "\\", "<<: 1\n", "!!binary ", "&a [*a ",
            "\u{feff}",
            "a:\n ", "[a: ", "@", "`", "%",
        ])
    func repeated(piece: String) {
        #expect(!diagnostics(of: filled("", piece)).isEmpty)
        #expect(!diagnostics(of: filled(Self.head + "x: ", piece) + "\n").isEmpty)
        // Blank lines and comments are fine here; that it returns is the point.
        _ = diagnostics(of: filled(Self.head, piece))
    }

    @Test("Many different keys, and many keys given twice, are refused in bounded time")
    func manyKeys() {
        let keys = (0..<60_000).map { "k\($0): 1\n" }.joined()
        #expect(diagnostics(of: Self.head + keys).count == 51)
        let twice = (0..<60_000).map { "k\($0 / 2): 1\n" }.joined()
        #expect(diagnostics(of: Self.head + twice).count == 51)
        let flow = "x: {" + (0..<60_000).map { "k\($0): 1," }.joined() + "}\n"
        #expect(diagnostics(of: Self.head + flow).count == 1)
    }

    @Test("Too many values are refused") func manyValues() {
        let found = diagnostics(
            of: Self.head + "x: [" + String(repeating: "1,", count: 200_000) + "]\n")
        #expect(found == ["a.yaml:4:199989: more than 100000 values, with aliases expanded"])
    }

    @Test("A chain of aliases, each inside the next, neither overflows nor hangs")
    func aliasChain() {
        // As deep as the limits allow: each anchored value nested as deep as may be.
        let links = (0..<31).map { index in
            "k\(index): &a\(index) " + String(repeating: "[", count: 60)
                + (index == 0 ? "1" : "*a\(index - 1)") + String(repeating: "]", count: 60) + "\n"
        }
        let found = diagnostics(of: Self.head + links.joined())
        #expect(found.contains { $0.contains("nested more than 64 levels deep") })
    }

    @Test("Keys that stand for a tree are refused before the parser compares them")
    func keysWithAliases() {
        let bomb =
            "b0: &b0 [x, x]\n"
            + (1..<30).map { "b\($0): &b\($0) [*b\($0 - 1), *b\($0 - 1)]\n" }.joined()
        for key in [
            "*b29 : 1", "? *b29\n: 1", "{*b29 : 1}", "{[*b29]: 1}", "[*b29]: 1", "{{a: *b29}: 1}",
            "? [*b29]",
        ] {
            #expect(!diagnostics(of: Self.head + bomb + "x:\n  \(key)\n").isEmpty)
        }
    }

    @Test("A scenario that is too large with its defaults written out is refused")
    func largeWrittenOut() {
        let loads = String(repeating: "  - { rate: 1/s, path: /a }\n", count: 8_000)
        #expect(
            diagnostics(of: "format: 1\nduration: 1m\nload:\n" + loads) == [
                "a.yaml:1:1: with its defaults written out the scenario is over 1 MiB or 100000 values"
            ])
    }

    @Test(
        "No text made of YAML's own marks crashes the decoder", arguments: 0..<16 as Range<UInt64>)
    func noise(seed: UInt64) {
        let pieces = [
            "[", "]", "{", "}", ",", ":", ": ", "- ", "-", "? ", "?", "&a", "*a", "&b ", "*b ",
            "!t", "'",
            "\"", "\\", "|", ">", "|2", ">-", "\n", "\n", "\n ", "\n  ", " ", "#", " #", "%", "@",
            "a", "b c",
            "---", "...", "\n---\n", "\t", "\r", "<<", "1", "é", "\u{1F600}", "a: b", "~", "true",
        ]
        for round in 0..<2_000 as Range<UInt64> {
            var chance = Chance(seed: seed, stream: .init("noise"), request: round)
            let count = 1 + chance.below(40)
            let text = (0..<count).map { _ in pieces[Int(chance.below(UInt64(pieces.count)))] }
                .joined()
            // No noise is a scenario; that it returns at all is the point.
            #expect(!diagnostics(of: text).isEmpty)
            _ = diagnostics(of: Self.head + "description: " + text + "\n")
        }
    }

    @Test(
        "No scenario with one byte changed crashes the decoder",
        arguments: Inputs.names(in: "valid"))
    func changedBytes(name: String) throws {
        let original = try Inputs.bytes("valid/\(name).yaml")
        let replacements = Array("[]{}:,-?&*!|>'\"%@`#\n\t \\0\u{ff}".utf8) + [0, 0xff]
        for index in stride(from: 0, to: original.count, by: 4) {
            var chance = Chance(seed: 1, stream: .init(name), request: UInt64(index))
            var bytes = original
            bytes[index] = replacements[Int(chance.below(UInt64(replacements.count)))]
            let found = diagnostics(of: bytes)
            #expect(found.allSatisfy { $0.hasPrefix("a.yaml:") })
        }
    }
}
