import APIClient
import HTTPTypes

/// Whether answers are the JSON that they claim to be, and as their routes' schemas say. Confined to the
/// simulation's thread.
final class BodyCheck {
    /// Most bodies are the same bytes again.
    private var lastValid: [UInt8] = []
    private var lastFitting: (body: [UInt8], fields: HTTPFields, schema: JSONSchema)?

    /// By the same rules as the client's own, so that a client that does not look has not succeeded either.
    /// Without a schema any JSON will do, and the fields are not asked for.
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

    /// An empty body claims nothing and is valid.
    func isJSON(_ body: [UInt8]) -> Bool {
        if body.isEmpty || body == lastValid { return true }
        guard (try? JSONValue(parsing: body)) != nil else { return false }
        lastValid = body
        return true
    }
}
