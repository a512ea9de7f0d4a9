import APIClient
import Testing

@Suite("JSON Schema, what is hostile") struct JSONSchemaBoundsTests {
    private static func nested(_ depth: Int) -> JSONValue {
        (0..<depth).reduce(into: JSONValue.null) { value, _ in value = .array([value]) }
    }

    private static func isLimit(_ violations: [SchemaViolation]) -> Bool {
        violations.first?.keyword == "limit"
    }

    @Test func `a value that goes deeper than the check does counts as wrong`() throws {
        let schema = try JSONSchemaTests.schema(##"{"items":{"$ref":"#"}}"##)
        #expect(schema.violations(in: Self.nested(500)).isEmpty)
        #expect(Self.isLimit(schema.violations(in: Self.nested(600))))
        let unique = try JSONSchemaTests.schema(#"{"uniqueItems":true}"#)
        #expect(Self.isLimit(unique.violations(in: Self.nested(600))))
    }

    @Test func `a check that went too far is no verdict, also inside of a negation`() throws {
        let schema = try JSONSchemaTests.schema(
            ##"{"definitions":{"deep":{"items":{"$ref":"#/definitions/deep"}}},"not":{"$ref":"#/definitions/deep"}}"##
        )
        #expect(schema.violations(in: Self.nested(5)).map(\.keyword) == ["not"])
        #expect(Self.isLimit(schema.violations(in: Self.nested(600))))
    }

    @Test func `a schema that doubles at each step ends`() throws {
        var definitions = (0..<60).map { step in
            ##""d\##(step)":{"allOf":[{"$ref":"#/definitions/d\##(step + 1)"},{"$ref":"#/definitions/d\##(step + 1)"}]}"##
        }
        definitions.append(#""d60":true"#)
        let text = definitions.joined(separator: ",")
        let schema = try JSONSchemaTests.schema(
            ##"{"definitions":{\##(text)},"$ref":"#/definitions/d0"}"##)
        #expect(Self.isLimit(schema.violations(in: .null)))
    }

    @Test func `long chains of references cost no stack`() throws {
        var definitions = (0..<5_000).map {
            ##""d\##($0)":{"$ref":"#/definitions/d\##($0 + 1)"}"##
        }
        definitions.append(#""d5000":{"type":"null"}"#)
        let text = definitions.joined(separator: ",")
        let schema = try JSONSchemaTests.schema(
            ##"{"definitions":{\##(text)},"$ref":"#/definitions/d0"}"##)
        #expect(schema.violations(in: .null).isEmpty)
        #expect(schema.violations(in: 1).map(\.keyword) == ["type"])
    }

    @Test func `many different items are compared without comparing all pairs`() throws {
        let schema = try JSONSchemaTests.schema(#"{"uniqueItems":true}"#)
        var items = (0..<50_000).map { JSONValue.integer($0) }
        #expect(schema.violations(in: .array(items)).isEmpty)
        items.append(.number(49_999))
        #expect(schema.violations(in: .array(items)).map(\.keyword) == ["uniqueItems"])
    }

    struct Search: Sendable, CustomTestStringConvertible {
        let pattern: String
        let found: [String]
        let missing: [String]
        var testDescription: String { pattern }

        init(_ pattern: String, _ found: [String], not missing: [String]) {
            (self.pattern, self.found, self.missing) = (pattern, found, missing)
        }
    }

    static let searches: [Search] = [
        Search("b+", ["abc"], not: ["ac", ""]), Search("^a|c$", ["ab", "bc"], not: ["bab"]),
        Search("^a$", ["a"], not: ["a\n", "\na"]), Search("^a.c$", ["a\u{1f600}c"], not: ["a\nc"]),
        Search(#"^\w+$"#, ["a_Z9"], not: ["\u{e9}", "a-b"]),
        Search(#"^\d+$"#, ["09"], not: ["\u{9ea}"]),
        Search(#"^\s$"#, ["\u{feff}"], not: ["\u{200b}"]),
        Search(#"^\p{L}+$"#, ["\u{e9}\u{3b1}"], not: ["1"]),
        Search(#"^\P{Lu}$"#, ["a"], not: ["\u{c9}"]),
        Search(#"^\p{gc=Nd}$"#, ["\u{9ea}"], not: ["a"]),
        Search(#"^[^\d\-a-c\]]$"#, ["d", "\u{e9}"], not: ["5", "-", "b", "]"]),
        Search(#"^[\w-]$"#, ["-"], not: ["+"]), Search("[]", [], not: ["", "a"]),
        Search("^[^]$", ["\n"], not: [""]), Search("^a{2}$", ["aa"], not: ["a", "aaa"]),
        Search("^a{2,}$", ["aaaa"], not: ["a"]), Search("^a{1,2}?$", ["a", "aa"], not: ["aaa"]),
        Search("^(a*)*$", ["aaa", ""], not: ["b"]),
        Search("^(?:a|b(?<x>c))+$", ["abc"], not: ["b"]),
        Search("^{a}$", ["{a}"], not: ["a"]), Search("a{,2}", ["a{,2}"], not: ["aa"]),
        Search(#"\bcat\b"#, ["a cat."], not: ["cats"]), Search(#"a\B"#, ["ab"], not: ["a", "a b"]),
        Search(#"^\x41\u0042\cJ\t\0$"#, ["AB\n\t\u{0}"], not: ["AB"]),
        Search(#"^\uD83D\uDE00\u{1F600}$"#, ["\u{1f600}\u{1f600}"], not: ["\u{1f600}"]),
        Search(#"^\/\-\@$"#, ["/-@"], not: ["-"]),
    ]

    @Test(arguments: searches)
    func `a pattern is searched for as ECMA-262 says`(search: Search) throws {
        let object = JSONValue.object(["pattern": .string(search.pattern)])
        let schema = try JSONSchema(parsing: object.serialized())
        for text in search.found {
            #expect(schema.violations(in: .string(text)).isEmpty, "\(text.debugDescription)")
        }
        for text in search.missing {
            #expect(!schema.violations(in: .string(text)).isEmpty, "\(text.debugDescription)")
        }
    }

    @Test(arguments: [
        "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", #"(a)\1"#, #"\k<a>"#, #"\p{Script=Greek}"#, #"\a"#,
        #"\Z"#, "a**", "*", "a{2,1}", "[b-a]", #"[\d-z]"#, "(", ")", "[", #"\"#, #"\u12"#, #"\x1"#,
        "(?i)a", "^*", #"\u{110000}"#, "a{10001}", #"\u{+41}"#, #"\u{-0}"#, #"\u{}"#,
    ])
    func `a pattern that cannot be searched for in linear time, or is none, is refused`(
        pattern: String
    ) throws {
        let object = JSONValue.object(["pattern": .string(pattern)])
        let bytes = try object.serialized()
        let error = #expect(throws: JSONSchemaError.self) { try JSONSchema(parsing: bytes) }
        #expect(error?.pointer == "/pattern")
    }

    @Test func `a pattern that makes others backtrack for ever takes linear time`() throws {
        let schema = try JSONSchemaTests.schema(#"{"pattern":"^(a+)+$"}"#)
        let text = String(repeating: "a", count: 10_000) + "b"
        #expect(schema.violations(in: .string(text)).map(\.keyword) == ["pattern"])
    }

    @Test func `a long text under a large pattern runs out of steps, not of time`() throws {
        let schema = try JSONSchemaTests.schema(#"{"pattern":"(.{0,3000}x){1,3}$"}"#)
        let text = String(repeating: "a", count: 200_000)
        #expect(Self.isLimit(schema.violations(in: .string(text))))
    }
}
