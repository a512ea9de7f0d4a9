import ScenarioFile
import Testing
import Upstream

@Suite struct RouteSchemaTests {
    private func scenario(_ schema: String) -> String {
        minimal("upstream:\n  routes:\n    - path: /a\n      schema: \(schema)\n")
    }

    @Test(
        "A schema is kept as compact JSON, whether it is written as YAML or as a JSON text",
        arguments: [
            ("{}", "{}"),
            (
                "{ type: object, required: [ id ], properties: { id: { minimum: 1.50 } } }",
                #"{"type":"object","required":["id"],"properties":{"id":{"minimum":1.50}}}"#
            ),
            (
                #"'{ "type" : [ "object", "null" ],  "title": "a \" b \\", "const" :"x y" }'"#,
                #"{"type":["object","null"],"title":"a \" b \\","const":"x y"}"#
            ),
            ("|\n        {\n          \"type\": \"string\"\n        }", #"{"type":"string"}"#),
            (
                "\n        type: string\n        pattern: ^a b$",
                #"{"type":"string","pattern":"^a b$"}"#
            ),
            ("'true'", "true"),
        ])
    func forms(written: String, compact: String) throws {
        let scenario = try decode(scenario(written))
        #expect(scenario.upstream.routes[0].schema == compact)
        #expect(try decode(scenario.canonicalJSON()) == scenario)
    }

    @Test("Without one there is none") func absent() throws {
        let text = minimal("upstream: { routes: [ { path: /a } ] }\n")
        #expect(try decode(text).upstream.routes[0].schema == nil)
    }

    @Test(
        "What is no schema is told where it stands",
        arguments: [
            (
                "user",
                "8:15: 'schema' is a text; expected a JSON Schema, "
                    + "as a mapping or as a JSON text in quotes"
            ),
            (
                "[ a ]",
                "8:15: 'schema' is a list; expected a JSON Schema, "
                    + "as a mapping or as a JSON text in quotes"
            ),
            (
                "true",
                "8:15: 'schema' is a boolean; expected a JSON Schema, "
                    + "as a mapping or as a JSON text in quotes"
            ),
            (#"'{"type": }'"#, "8:15: 'schema' is not JSON: a value is missing at byte 10"),
            ("'5'", "8:15: 'schema' must be a schema: an object, true or false"),
            (
                "{ type: objekt }",
                "8:23: 'schema': '/type' must be one or several of null, boolean, integer, "
                    + "number, string, array, object"
            ),
            (
                "{ properties: { \"a/b\": { minLength: -1 } } }",
                "8:51: 'schema': '/properties/a~1b/minLength' must be a whole number, 0 or more"
            ),
            (
                "{ items: [ {}, { type: string, pattern: 5 } ] }",
                "8:55: 'schema': '/items/1/pattern' must be a string"
            ),
            (
                "{ allOf: [ { $ref: \"#/definitions/none\" } ] }",
                "8:34: 'schema': '/allOf/0/$ref' leads nowhere"
            ),
            (
                #"'{"$ref": "http://elsewhere/"}'"#,
                "8:15: 'schema': '/$ref' leads out of the document, which is not supported"
            ),
            (
                "{ const: 0x10 }",
                "8:24: '0x10' is a number that JSON cannot represent; "
                    + "write it in decimal, or in quotes"
            ),
        ])
    func wrong(written: String, message: String) {
        #expect(diagnostics(of: scenario(written)) == ["a.yaml:\(message)"])
    }

    @Test("Full-width digits after 0x make a text, not a number that JSON does not know")
    func fullWidthDigits() {
        #expect(diagnostics(of: scenario("{ const: 0x\u{ff11} }")) == [])
    }
}
