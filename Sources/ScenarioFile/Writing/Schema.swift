extension Scenario {
    /// A JSON Schema (draft 7) of the file format, for editors; several lines.
    ///
    /// It is made of the tables that the decoder checks keys against. It is looser than the decoder
    /// where a rule concerns several values, such as shares that add up to 100 %.
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
