import APIClient
import Foundation
import Testing

/// What another validator says of values and schemas drawn at random; see dev/make-schema-vectors.
@Suite("JSON Schema, as another validator sees it") struct JSONSchemaVectorTests {
    @Test func `thousands of verdicts agree`() throws {
        let url = try #require(
            Bundle.module.url(
                forResource: "schema-vectors", withExtension: "json", subdirectory: "Inputs"))
        guard case .array(let vectors) = try JSONValue(parsing: Array(Data(contentsOf: url))) else {
            Issue.record("the vectors are no array")
            return
        }
        var counts: [Bool: Int] = [:]
        for (line, vector) in vectors.enumerated() {
            guard case .array(let parts) = vector, parts.count == 3,
                case .array(let values) = parts[1], case .string(let verdicts) = parts[2]
            else {
                Issue.record("vector \(line) is not of the form that is expected")
                continue
            }
            let schema = try JSONSchema(parsing: parts[0].serialized())
            try #require(values.count == verdicts.utf8.count)
            for (value, verdict) in zip(values, verdicts.utf8) {
                let isValid = schema.violations(in: value, atMost: 1).isEmpty
                #expect(
                    isValid == (verdict == UInt8(ascii: "1")), "line \(line + 2), value \(value)")
                counts[isValid, default: 0] += 1
            }
        }
        #expect(counts[true, default: 0] > 1000 && counts[false, default: 0] > 1000)
    }

    @Test func `the number of violations looked for does not change the verdict`() throws {
        let url = try #require(
            Bundle.module.url(
                forResource: "schema-vectors", withExtension: "json", subdirectory: "Inputs"))
        guard case .array(let vectors) = try JSONValue(parsing: Array(Data(contentsOf: url))) else {
            return
        }
        for case .array(let parts) in vectors {
            guard case .array(let values) = parts[1] else { continue }
            let schema = try JSONSchema(parsing: parts[0].serialized())
            for value in values {
                let one = schema.violations(in: value, atMost: 1)
                let many = schema.violations(in: value, atMost: 50)
                #expect(one == Array(many.prefix(1)))
            }
        }
    }
}
