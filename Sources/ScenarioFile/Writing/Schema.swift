extension Scenario {
    /// A JSON Schema (draft 7) of the file format, for editors, over several lines.
    ///
    /// It is generated from the tables that the decoder uses. It accepts more than the decoder if a
    /// rule concerns several values, for example that shares add up to 100 %.
    public static func jsonSchema() -> String {
        guard case .object(let members) = ScenarioKeys.table.schema else { return "{}" }
        let head: [JSON.Member] = [
            .init("$schema", .string("http://json-schema.org/draft-07/schema#")),
            .init("title", .string("Windtunnel scenario")),
        ]
        let definitions: JSON = .object([.init("law", DistributionKeys.schema)])
        return JSON.object(head + members + [.init("definitions", definitions)]).pretty
    }
}
