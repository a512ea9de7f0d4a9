import APIClient
import Foundation
import Testing

@Suite struct TempSuite {
    @Test func official() throws {
        let root = "/tmp/js/jsonschema-4.17.3/json/tests/draft7"
        var good = 0, bad = 0, refused = 0
        for case let name as String in FileManager.default.enumerator(atPath: root)! where name.hasSuffix(".json") {
            guard case .array(let groups) = try JSONValue(parsing: Array(try Data(contentsOf: URL(filePath: root + "/" + name)))) else { print("UNPARSED", name); continue }
            var g = 0, b = 0, r = 0
            for group in groups {
                guard case .array(let tests)? = group["tests"] else { continue }
                let schema: JSONSchema
                do { schema = try JSONSchema(parsing: try group["schema"]!.serialized()) }
                catch { r += tests.count; print("REFUSED", name, group["description"]!, error); continue }
                for test in tests {
                    let violations = schema.violations(in: test["data"]!)
                    if .bool(violations.isEmpty) == test["valid"]! { g += 1 } else { b += 1; print("WRONG", name, group["description"]!, test["description"]!, violations) }
                }
            }
            print("FILE", name, g, b, r)
            good += g; bad += b; refused += r
        }
        print("TOTAL", good, bad, refused)
    }
}
