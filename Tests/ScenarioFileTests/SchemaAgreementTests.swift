import APIClient
import ScenarioFile
import Testing

/// Compares the schema for editors with the decoder.
@Suite struct SchemaAgreementTests {
    private static let schema: JSONSchema? = try? JSONSchema(
        parsing: Array(Scenario.jsonSchema().utf8))

    /// The errors that an editor would show in a document, which is JSON and therefore also YAML.
    private func violations(in json: String) throws -> [String] {
        let schema = try #require(Self.schema)
        return schema.violations(in: try JSONValue(parsing: Array(json.utf8))).map(\.description)
    }

    @Test("The JSON Schema of scenarios is a schema") func isSchema() throws {
        _ = try JSONSchema(parsing: Array(Scenario.jsonSchema().utf8))
    }

    @Test(
        "The schema accepts the canonical form of a random scenario",
        arguments: 0..<100 as Range<UInt64>)
    func canonical(seed: UInt64) throws {
        var generator = ScenarioGenerator(seed: seed)
        #expect(try violations(in: generator.scenario().canonicalJSON()) == [])
    }

    /// A document with one load, fault, route, upstream key or key of its own.
    private func document(_ place: Place, _ members: String) -> String {
        let load = place == .load ? members : #""rate":"1/s""#
        let inside =
            switch place {
            case .load: ""
            case .scenario: ",\(members)"
            case .upstream: #","upstream":{\#(members)}"#
            case .route: #","upstream":{"routes":[{"path":"/a",\#(members)}]}"#
            case .fault: #","upstream":{"faults":[{\#(members)}]}"#
            }
        return #"{"format":1,"duration":"1m","load":[{"path":"/a",\#(load)}]\#(inside)}"#
    }

    enum Place { case scenario, load, upstream, route, fault }

    private func agree(_ place: Place, _ members: String, isValid: Bool) throws {
        let json = document(place, members)
        #expect(diagnostics(of: json).isEmpty == isValid, "the decoder on \(members)")
        #expect(try violations(in: json).isEmpty == isValid, "the schema on \(members)")
    }

    @Test(
        "Schema and decoder accept the same",
        arguments: [
            (.scenario, #""clients":1"#), (.scenario, #""clients":10000"#),
            (.scenario, #""clients":{"count":5}"#),
            (.scenario, #""clients":{"count":5,"cache":"shared"}"#),
            (.load, #""rate":"1/s","arrivals":"poisson""#),
            (.load, #""ramp":{"from":"0/s","to":"5/m"},"cancel_after":"5s""#),
            (.load, #""users":1,"think":"1s""#),
            (.load, #""users":1000000,"think":{"exponential":{"mean":"1s"}}"#),
            (.upstream, #""capacity":{"servers":1,"queue":0,"service":"1s"}"#),
            (.upstream, #""capacity":{"servers":1,"queue":0,"service":"1s","abandoned":"drop"}"#),
            (.upstream, #""quota":{"rate":"40/s"}"#),
            (.upstream, #""quota":{"rate":"0.5/m","burst":1,"retry_after":"none"}"#),
            (.route, #""schema":{"type":"object"}"#), (.route, #""schema":"{}""#),
            (.fault, #""drip":"5s""#), (.fault, #""drip":{"fixed":"5s"}"#),
            (.fault, #""burst":{"enter":"1%","leave":"20%","slot":"100ms"},"truncate":true"#),
            (.fault, #""probability":"1/3","client":3,"wrong_schema":true"#),
            (.fault, #""at":"1s","for":"1s","every":"2s","expired":true"#),
        ] as [(Place, String)])
    func accepted(place: Place, members: String) throws {
        try agree(place, members, isValid: true)
    }

    @Test(
        "Schema and decoder refuse the same",
        arguments: [
            (.scenario, #""clients":0"#), (.scenario, #""clients":10001"#),
            (.scenario, #""clients":"5""#), (.scenario, #""clients":[]"#),
            (.scenario, #""clients":{}"#), (.scenario, #""clients":{"count":5,"cache":"both"}"#),
            (.scenario, #""clients":{"count":5,"caches":"own"}"#),
            (.load, #""rate":"1/s","users":1,"think":"1s""#),
            (.load, #""rate":"1/s","ramp":{"from":"0/s","to":"5/m"}"#),
            (.load, #""name":"a""#), (.load, #""users":1"#), (.load, #""think":"1s""#),
            (.load, #""rate":"1/s","think":"1s""#), (.load, #""users":0,"think":"1s""#),
            (.load, #""users":1,"think":"1s","arrivals":"constant""#),
            (.load, #""rate":"1/s","role":"user""#), (.load, #""rate":"1/s","cancel_after":5"#),
            (.upstream, #""capacity":{"servers":1,"queue":0}"#),
            (.upstream, #""capacity":{"servers":0,"queue":0,"service":"1s"}"#),
            (.upstream, #""capacity":{"servers":1,"queue":-1,"service":"1s"}"#),
            (.upstream, #""capacity":{"servers":1,"queue":0,"service":"1s","abandoned":"keep"}"#),
            (.upstream, #""capacity":5"#), (.upstream, #""quota":{"burst":5}"#),
            (.upstream, #""quota":{"rate":"40/s","burst":0}"#),
            (.upstream, #""quota":{"rate":"40/s","retry_after":"minutes"}"#),
            (.route, #""schema":5"#), (.route, #""schema":[]"#), (.route, #""schema":true"#),
            (.fault, #""at":"1s""#), (.fault, #""truncate":true,"empty":true"#),
            (.fault, #""truncate":false"#), (.fault, #""drip":true"#),
            (.fault, #""truncate":true,"burst":{"enter":"1%","leave":"20%"}"#),
            (
                .fault,
                #""hang":true,"probability":"5%","burst":{"enter":"1%","leave":"2%","slot":"1s"}"#
            ),
            (.fault, #""hang":true,"probability":"5%","sequence":{"fail":1}"#),
            (
                .fault,
                #""hang":true,"sequence":{"fail":1},"burst":{"enter":"1%","leave":"2%","slot":"1s"}"#
            ),
            (.fault, #""truncate":true,"retry_after":"5s""#),
        ] as [(Place, String)])
    func refused(place: Place, members: String) throws {
        try agree(place, members, isValid: false)
    }

    @Test(
        "Both accept every kind of fault, and scope, chance and bursts where the kind allows them",
        arguments: PlainEffects.all.map(\.name))
    func kinds(name: String) throws {
        try agree(.fault, "\"\(name)\":true", isValid: true)
        let isOfRequest = !PlainEffects.beforeRequest.contains(name)
        for condition in [
            #""method":"GET""#, #""path":"/a""#, #""client":0"#, #""probability":"5%""#,
            #""sequence":{"fail":1}"#, #""burst":{"enter":"1%","leave":"20%","slot":"1s"}"#,
        ] {
            try agree(.fault, "\(condition),\"\(name)\":true", isValid: isOfRequest)
        }
    }
}
