import APIClient
import HTTPTypes

/// Checks whether bodies are valid JSON and fit the schemas of their routes. Confined to the simulation's thread.
final class BodyCheck {
    /// The last body that was valid JSON. Most bodies repeat, and an equal body is not parsed again.
    private var lastValid: [UInt8] = []
    private var lastFitting: (body: [UInt8], fields: HTTPFields, schema: JSONSchema)?

    /// Applies the client's own rules, so that an invalid answer is no success even if the client does not
    /// validate. Without a schema any JSON is valid, and `fields` is not evaluated.
    @inline(__always) func isValid(
        _ body: [UInt8], status: Int, fields: @autoclosure () -> HTTPFields, as schema: JSONSchema?
    ) -> Bool {
        guard let schema, (200...299).contains(status) else { return isJSON(body) }
        return fits(body, status, fields(), schema)
    }

    private func fits(
        _ body: [UInt8], _ status: Int, _ fields: HTTPFields, _ schema: JSONSchema
    ) -> Bool {
        if let last = lastFitting, last.body == body, last.fields == fields, last.schema == schema {
            return true
        }
        guard schema.issues(status: status, fields: fields, body: body, atMost: 1).isEmpty
        else { return false }
        lastFitting = (body, fields, schema)
        return true
    }

    /// Whether a body is valid JSON. An empty body is valid.
    func isJSON(_ body: [UInt8]) -> Bool {
        if body.isEmpty || body == lastValid { return true }
        guard (try? JSONValue(parsing: body)) != nil else { return false }
        lastValid = body
        return true
    }
}
