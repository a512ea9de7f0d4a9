import APIClient
import Testing

@Suite("JSON Schema, keyword by keyword") struct JSONSchemaTests {
    /// A schema, and values that it allows and forbids.
    struct Row: Sendable, CustomTestStringConvertible {
        let schema: String
        let valid: [String]
        let invalid: [String]
        var testDescription: String { schema }

        init(_ schema: String, valid: [String], invalid: [String]) {
            (self.schema, self.valid, self.invalid) = (schema, valid, invalid)
        }
    }

    private static func json(_ text: String) throws -> JSONValue {
        try JSONValue(parsing: Array(text.utf8))
    }

    static func schema(_ text: String) throws(JSONSchemaError) -> JSONSchema {
        try JSONSchema(parsing: Array(text.utf8))
    }

    static let rows: [Row] = [
        Row("true", valid: ["null", "{}"], invalid: []),
        Row("false", valid: [], invalid: ["null", "{}"]),
        Row(
            #"{"type":"integer"}"#, valid: ["1", "1.0", "1e20"], invalid: ["1.5", "true", "\"1\""]),
        Row(#"{"type":["null","string"]}"#, valid: ["null", "\"\""], invalid: ["0", "[]"]),
        Row(#"{"type":"number"}"#, valid: ["0", "0.5"], invalid: ["false"]),
        Row(#"{"enum":[1,"a",[0]]}"#, valid: ["1.0", "\"a\"", "[0.0]"], invalid: ["true", "[]"]),
        Row(#"{"const":false}"#, valid: ["false"], invalid: ["0", "null"]),
        Row(#"{"const":{"a":1,"b":2}}"#, valid: [#"{"b":2.0,"a":1}"#], invalid: [#"{"a":1}"#]),
        Row(#"{"const":"\u00e9"}"#, valid: [#""\u00e9""#], invalid: [#""e\u0301""#]),
        Row(
            #"{"multipleOf":0.01}"#, valid: ["19.99", "0.07", "4.35", "3", "1e300"],
            invalid: ["0.075", "1e-300"]),
        Row(#"{"multipleOf":1e-8}"#, valid: ["12391239123"], invalid: ["1e-9"]),
        Row(#"{"multipleOf":0.123456789}"#, valid: ["0"], invalid: ["1e308"]),
        Row(
            #"{"maximum":9007199254740992.5}"#, valid: ["9007199254740992"],
            invalid: ["9007199254740993"]),
        Row(
            #"{"exclusiveMinimum":9007199254740993}"#, valid: ["9007199254740994", "1e20"],
            invalid: ["9007199254740993", "9007199254740992.0", "-1e20"]),
        Row(#"{"minimum":-1e300}"#, valid: ["-9223372036854775808"], invalid: ["-1e301"]),
        Row(#"{"maxLength":1}"#, valid: [#""\ud83d\ude00""#, "12"], invalid: [#""e\u0301""#]),
        Row(#"{"minLength":2.0}"#, valid: [#""e\u0301""#], invalid: [#""\ud83d\ude00""#]),
        Row(#"{"maxItems":1e30}"#, valid: ["[1,2]"], invalid: []),
        Row(
            #"{"items":[true,{"type":"null"}]}"#, valid: ["[1]", "[1,null,2]"], invalid: ["[1,2]"]),
        Row(#"{"items":[true],"additionalItems":false}"#, valid: ["[1]"], invalid: ["[1,2]"]),
        Row(#"{"additionalItems":false}"#, valid: ["[1]"], invalid: []),
        Row(
            #"{"uniqueItems":true}"#,
            valid: ["[1,true,\"1\",[1]]", #"[{"a":1},{"a":2}]"#, "[1,2,3,4,5,6,7,8,9,10]"],
            invalid: [
                "[1,1.0]", #"[{"a":1,"b":2},{"b":2,"a":1}]"#, "[1,2,3,4,5,6,7,8,9,1.0]", "[-0.0,0]",
            ]),
        Row(#"{"contains":{"const":1}}"#, valid: ["[0,1]", "{}"], invalid: ["[]", "[0]"]),
        Row(
            #"{"properties":{"\u00e9":false}}"#, valid: [#"{"e\u0301":1}"#],
            invalid: [#"{"\u00e9":1}"#]),
        Row(
            #"{"properties":{"a":true},"patternProperties":{"^x":true},"additionalProperties":false}"#,
            valid: [#"{"a":1,"x1":2}"#], invalid: [#"{"b":1}"#, #"{"a":1,"ax":1}"#]),
        Row(
            #"{"dependencies":{"a":["b"],"c":{"minProperties":2}}}"#,
            valid: [#"{"a":1,"b":1}"#, #"{"b":1}"#, "1"], invalid: [#"{"a":1}"#, #"{"c":1}"#]),
        Row(#"{"propertyNames":{"maxLength":1}}"#, valid: [#"{"a":1}"#], invalid: [#"{"ab":1}"#]),
        Row(
            #"{"if":{"type":"integer"},"then":{"minimum":1},"else":{"type":"string"}}"#,
            valid: ["1", "\"\""], invalid: ["0", "null"]),
        Row(#"{"oneOf":[{"minimum":1},{"maximum":3}]}"#, valid: ["0", "4"], invalid: ["2"]),
        Row(#"{"not":{"type":"null"}}"#, valid: ["1"], invalid: ["null"]),
        Row(
            ##"{"definitions":{"a/b~c d":{"type":"null"}},"items":{"$ref":"#/definitions/a~1b~0c%20d"}}"##,
            valid: ["[null]"], invalid: ["[1]"]),
        Row(
            ##"{"$ref":"#/definitions/n","type":"array","definitions":{"n":{"type":"null"}}}"##,
            valid: ["null"], invalid: ["[]"]),
        Row(
            ##"{"$id":"http://a.b/c.json","properties":{"next":{"$ref":"http://a.b/c.json#"}},"type":"object"}"##,
            valid: [#"{"next":{"next":{}}}"#], invalid: [#"{"next":{"next":1}}"#]),
        Row(
            ##"{"$defs":{"n":{"type":"null"}},"items":{"$ref":"#/$defs/n"}}"##,
            valid: ["[null]"], invalid: ["[1]"]),
        Row(#"{"format":"email","x-anything":{"type":1}}"#, valid: ["\"none\""], invalid: []),
    ]

    @Test(arguments: rows)
    func `a schema allows what it should and nothing else`(row: Row) throws {
        let schema = try Self.schema(row.schema)
        for text in row.valid {
            #expect(try schema.violations(in: Self.json(text)) == [], "\(text)")
        }
        for text in row.invalid {
            #expect(try !schema.violations(in: Self.json(text)).isEmpty, "\(text)")
        }
    }

    static let refused: [(schema: String, pointer: String)] = [
        ("{", ""), ("[]", ""), (#"{"type":"int"}"#, "/type"), (#"{"enum":1}"#, "/enum"),
        (#"{"multipleOf":0}"#, "/multipleOf"), (#"{"minimum":"1"}"#, "/minimum"),
        (#"{"exclusiveMinimum":true}"#, "/exclusiveMinimum"), (#"{"minLength":-1}"#, "/minLength"),
        (#"{"maxItems":1.5}"#, "/maxItems"), (#"{"uniqueItems":1}"#, "/uniqueItems"),
        (#"{"required":"a"}"#, "/required"), (#"{"required":[1]}"#, "/required"),
        (#"{"properties":{"a/b":1}}"#, "/properties/a~1b"), (#"{"allOf":[]}"#, "/allOf"),
        (#"{"items":[{"type":1}]}"#, "/items/0/type"), (#"{"definitions":[]}"#, "/definitions"),
        (#"{"dependencies":{"a":1}}"#, "/dependencies/a"), (#"{"pattern":"["}"#, "/pattern"),
        (#"{"patternProperties":{"(":true}}"#, "/patternProperties"),
        (#"{"pattern":"a{9999}{9999}"}"#, "/pattern"),
        (#"{"pattern":"((){9999}){9999}"}"#, "/pattern"),
        (##"{"$ref":"#/definitions/none"}"##, "/$ref"), (#"{"$ref":1}"#, "/$ref"),
        (#"{"$ref":"http://a.b/c"}"#, "/$ref"), (##"{"$ref":"#name"}"##, "/$ref"),
        (##"{"$ref":"#/%zz"}"##, "/$ref"), (##"{"$ref":"#"}"##, "/$ref"),
        (##"{"items":[true],"contains":{"$ref":"#/items/00"}}"##, "/contains/$ref"),
        (##"{"allOf":[{"anyOf":[{"$ref":"#"}]}]}"##, ""),
        (##"{"properties":{"a":{"$id":"x/","items":{"$ref":"#"}}}}"##, "/properties/a/items/$ref"),
        (#"{"$schema":"https://json-schema.org/draft/2020-12/schema"}"#, "/$schema"),
    ]

    @Test(arguments: refused)
    func `what cannot be checked is refused when it is read, with its place`(
        row: (schema: String, pointer: String)
    ) {
        let error = #expect(throws: JSONSchemaError.self) { try Self.schema(row.schema) }
        #expect(error?.pointer == row.pointer)
        #expect(error?.reason.isEmpty == false)
    }

    @Test func `a violation names place, keyword and rule, and nothing of the value`() throws {
        let schema = try Self.schema(
            #"""
            {"properties": {"a/b": {"items": {"minimum": 3}}, "c": {"const": 1}},
             "additionalProperties": {"type": "null"}, "required": ["d"]}
            """#)
        let value = try Self.json(#"{"a/b": [5, 2], "c": "secret", "secret@mail": "secret"}"#)
        let violations = schema.violations(in: value)
        #expect(
            violations.map(\.description) == [
                "# lacks the property d", "#/a~1b/1 is below 3", "#/c is not the one allowed value",
                "#/* is not of type null",
            ])
        #expect(violations.map(\.keyword) == ["required", "minimum", "const", "type"])
        #expect(schema.violations(in: value, atMost: 2) == Array(violations.prefix(2)))
        #expect(schema.violations(in: value, atMost: 0) == Array(violations.prefix(1)))
    }

    @Test func `schemas are equal that say the same`() throws {
        let schema = try Self.schema(#"{"type":"null","enum":[1]}"#)
        let same = try Self.schema(#" { "enum" : [1.0], "type" : "null" } "#)
        let other = try Self.schema(#"{"type":"null","enum":[2]}"#)
        #expect(schema == same && schema.hashValue == same.hashValue)
        #expect(schema != other)
    }
}
