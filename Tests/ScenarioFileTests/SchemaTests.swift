import Testing

@testable import ScenarioFile

@Suite struct SchemaTests {
    /// Every table of keys, each with where its properties stand in the schema.
    private static let tables: [KeyTable] = [
        ScenarioKeys.table, ClientKeys.table, LoadKeys.table, UpstreamKeys.table, RouteKeys.table,
        FaultKeys.table, DistributionKeys.table, WindowKeys.table, ExpectationKeys.table,
        FleetKeys.table,
        CapacityKeys.table, QuotaKeys.table,
    ]

    @Test("The schema is JSON, and always the same") func isJSON() {
        let schema = Scenario.jsonSchema()
        #expect(JSONText.problem(in: schema) == nil)
        #expect(schema == Scenario.jsonSchema())
        #expect(schema.contains("\"$schema\": \"http://json-schema.org/draft-07/schema#\""))
    }

    @Test("Every reference in the schema leads somewhere") func references() {
        let schema = Scenario.jsonSchema()
        #expect(schema.contains("\"$ref\": \"#/definitions/law\""))
        #expect(schema.contains("\"definitions\": {\n    \"law\": {"))
        #expect(
            schema.split(separator: "\"$ref\"").count - 1 == schema.split(
                separator: "\"#/definitions/law\""
            ).count - 1)
    }

    @Test(
        "Each key that the decoder accepts is in the schema, and the other way round",
        arguments: tables)
    func sameKeys(table: KeyTable) {
        guard case .object(let members) = table.schema,
            case .object(let properties)? = members.first(where: { $0.name == "properties" })?.value
        else {
            Issue.record("no properties")
            return
        }
        #expect(properties.map(\.name) == table.keys.map(\.name))
        #expect(members.contains(.init("additionalProperties", .bool(false))))
        // The whole schema is made of the tables' own.
        let whole = Scenario.jsonSchema().filter { !$0.isWhitespace }
        for member in properties {
            #expect(
                whole.contains(member.value.compact.filter { !$0.isWhitespace }), "\(member.name)")
        }
        // What a reader does not ask for it stops at, in a debug build: so all are read.
        var findings = Findings()
        let position = Position(file: "a", line: 1, column: 1)
        let entries = table.keys.map {
            Value.Entry(
                key: $0.name, keyPosition: position,
                value: Value(content: .list([]), position: position))
        }
        let value = Value(content: .mapping(entries), position: position)
        _ = MappingReader(value, "x", table, &findings)
        #expect(findings.isEmpty, "each key of the table is known")
        #expect(Set(table.keys.map(\.name)).isDisjoint(with: table.later))
    }

    @Test("A key that a later version brings is said to be that", arguments: tables)
    func later(table: KeyTable) {
        for name in table.later {
            var findings = Findings()
            let position = Position(file: "a", line: 1, column: 1)
            let entry = Value.Entry(
                key: name, keyPosition: position,
                value: Value(content: .list([]), position: position))
            _ = MappingReader(
                Value(content: .mapping([entry]), position: position), "x", table, &findings)
            let messages = findings.error?.diagnostics.map(\.message) ?? []
            #expect(messages.contains("'\(name)' is not supported by this version"))
        }
    }
}

extension KeyTable: CustomTestStringConvertible {
    var testDescription: String { subject }
}
