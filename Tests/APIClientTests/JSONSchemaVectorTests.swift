import APIClient
import Foundation
import Testing

/// Compares with the verdicts of another validator on schemas and values drawn at random, see
/// dev/make-schema-vectors.
@Suite("JSON Schema, as another validator sees it") struct JSONSchemaVectorTests {
    @Test func `thousands of verdicts agree, however many violations are looked for`() throws {
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
                let violations = schema.violations(in: value, atMost: 50)
                let isValid = violations.isEmpty
                // Looking for less must not change what is found.
                #expect(schema.violations(in: value, atMost: 1) == Array(violations.prefix(1)))
                #expect(
                    isValid == (verdict == UInt8(ascii: "1")), "line \(line + 2), value \(value)")
                counts[isValid, default: 0] += 1
            }
        }
        #expect(counts[true, default: 0] > 1000 && counts[false, default: 0] > 1000)
    }
}
