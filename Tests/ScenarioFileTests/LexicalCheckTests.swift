import KeyedChance
import Testing

@testable import ScenarioFile

/// The check before the parser must see the same structure as the parser.
@Suite(.timeLimit(.minutes(5))) struct LexicalCheckTests {
    @Test(
        "Ordinary YAML passes",
        arguments: [
            "a: 1", "a:\n- b\n- c: d\n  e: f\n- - g\n  - h", "a: {b: [c, {d: e}], \"f\":1}",
            "---\na: b\n...\n",
            "a: |\n  [ {' \"\n\n   & * !\nb: >-\n  : @ %\n",
            "a: text with ' and \" and [ and { and # no\nb: 2",
            "a: two\n  lines - of [ text\nb: 'two\n  lines'", "a: x # comment [\nb: \"# [ \\\" \"",
            "a: &x 1\nb: *x",
            "a: http://b:80/c?d#e", "- a\n-\n  b: c\n-\n- - d", "{a: 1,\nb: [2,\n3]}",
            "a: -1\nb: --x\nc: ?x\nd: :x",
            "a: |2\n    x\n  y\nb: 1", "\"a b\": 1\n'c d': 2", "a: \"x\\\n  y\"", "a: [b: c, d: e]",
        ])
    func passes(text: String) {
        #expect(LexicalCheck.findings(in: text, file: "a").isEmpty)
        var findings = Findings()
        #expect(Document.read(Array(text.utf8), file: "a", what: "text", &findings) != nil)
        #expect(findings.isEmpty)
    }

    @Test(
        "What it lets through, the parser reads with bounded depth and plain keys",
        arguments: 0..<32 as Range<UInt64>)
    func agrees(seed: UInt64) {
        let pieces = [
            "[", "]", "{", "}", ", ", ",", ":", ": ", "- ", "-", "&a ", "*a ", "&b ", "*b", "'",
            "\"", "\\", "|\n",
            ">\n", "|1\n", "\n", "\n", "\n ", "\n  ", "\n    ", " ", "#", " #", "a", "b c",
            "\n---\n", "\t", "\r\n",
            "x: ", "y:\n  ", "z: 'q'", "\"k\": ", "k:",
        ]
        var parsed = 0
        for round in 0..<3_000 as Range<UInt64> {
            var chance = Chance(seed: seed, stream: .init("lexical"), request: round)
            let text = (0...chance.below(16)).map { _ in
                pieces[Int(chance.below(UInt64(pieces.count)))]
            }.joined()
            guard LexicalCheck.findings(in: text, file: "a").isEmpty else { continue }
            var findings = Findings()
            let root = Document.read(Array(text.utf8), file: "a", what: "text", &findings)
            let messages = findings.error?.diagnostics.map(\.message) ?? []
            #expect(
                !messages.contains { $0.hasPrefix("a key is a text") }, "\(text.debugDescription)")
            guard let root, !text.contains("*") else { continue }
            parsed += 1
            // A list may stand in the column of its key, and is then no level of its own.
            #expect(
                depth(of: root) <= 2 * LexicalCheck.levels(in: text), "\(text.debugDescription)")
        }
        #expect(parsed > 100, "the pieces make too few documents to prove anything")
    }

    @Test(
        "A key that is more than a text is refused, with a ':' or without",
        arguments: [
            "{[a]}", "{[a\n]}", "{{a: b}}", "{a: b, [c]}", "x: &a 1\ny: {*a }",
            "x: &a 1\ny: {b: c, *a }", "{&a b}",
            "[a]: b", "{a: b}: c", "x: &a 1\n*a : b", "&a b: c", "[[a]: b]", "[{a: b}: c]", "? a",
            "? [a]\n: b", "{? a}",
        ])
    func complexKeys(text: String) {
        #expect(!LexicalCheck.findings(in: text, file: "a").isEmpty)
    }

    @Test("A key given twice is found, wherever it stands")
    func duplicates() {
        for text in [
            "a: 1\na: 2", "x:\n  a: 1\n  a: 2", "{a: 1, a: 2}", "- a: 1\n  a: 2", "a: 1\n'a': 2",
            "{\"a\":1,a: 2}",
            "x: {b: 1}\ny:\n- a: 1\n  b: [{a: 1}]\n  a: 2",
        ] {
            let found = LexicalCheck.findings(in: text, file: "f").error?.diagnostics ?? []
            #expect(found.count == 1, "\(text)")
            #expect(found.first?.message.contains("'a' is given twice") == true, "\(text)")
        }
        for text in [
            "- a: 1\n- a: 2", "a: {a: 1}\nb: {a: 1}", "[a: 1, a: 2]", "x:\n  a: 1\ny:\n  a: 1",
        ] {
            #expect(LexicalCheck.findings(in: text, file: "f").isEmpty, "\(text)")
        }
    }
}

/// Levels of mappings and lists.
private func depth(of value: Value) -> Int {
    switch value.content {
    case .scalar: 0
    case .list(let items): 1 + (items.map(depth(of:)).max() ?? 0)
    case .mapping(let entries): 1 + (entries.map { depth(of: $0.value) }.max() ?? 0)
    }
}
