/// A JSON Schema of draft 7: what a JSON value must look like.
///
///     let schema = try JSONSchema(parsing: Array(text.utf8))
///     let request = APIRequest(.get, "/v1/users", responseSchema: schema)
///
/// All assertions of the draft are checked. `format` and the `content…` keywords are annotations,
/// as the draft allows, and unknown keywords are ignored. `$ref` stays within the document: `#` or
/// a JSON pointer behind it. Patterns are searched for in linear time; of ECMA-262 they may use
/// everything but look-around, back references and the `Script` properties. What cannot be checked
/// is refused when the schema is read, never passed over.
///
/// Numbers are compared as what ``JSONValue`` holds: `Int64` or `Double`.
public struct JSONSchema: Sendable, Hashable {
    let program: SchemaProgram

    /// Reads a schema, once; checking needs the text no more.
    /// - Parameter bytes: a JSON text in UTF-8.
    /// - Throws: ``JSONSchemaError`` where the text is no JSON, no schema of draft 7, or uses what is
    ///   not supported.
    public init(parsing bytes: [UInt8]) throws(JSONSchemaError) {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: bytes)
        } catch {
            throw JSONSchemaError(pointer: "", reason: "is not valid JSON")
        }
        program = try SchemaReader.program(of: document)
    }

    /// What is wrong with a value; empty where nothing is.
    ///
    /// The order depends on schema and value only. A value that takes more than ten million steps to
    /// check, or a depth of more than 512 schemas, counts as wrong, with the keyword `limit`.
    ///
    /// - Parameters:
    ///   - value: what is checked.
    ///   - limit: as many violations are looked for at the most; below 1 counts as 1.
    /// - Returns: the violations, those of outer values first.
    public func violations(in value: JSONValue, atMost limit: Int = 20) -> [SchemaViolation] {
        var check = SchemaCheck(program, violationsMax: max(1, limit))
        return check.violations(in: value)
    }

    /// Whether both are the same JSON, white space and the order of keys apart.
    public static func == (left: Self, right: Self) -> Bool {
        left.program === right.program
            || left.digest == right.digest && left.program.source == right.program.source
    }

    /// Equal schemas hash equally.
    public func hash(into hasher: inout Hasher) { hasher.combine(digest) }

    /// Of the schema's JSON; the same in every process.
    var digest: UInt64 { program.digest }
}

/// Why a text is no schema that can be checked.
public struct JSONSchemaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where in the schema, as a JSON pointer; empty for the whole.
    public let pointer: String
    /// What is wrong there; goes behind the place in a sentence.
    public let reason: String

    /// An error at a place.
    public init(pointer: String, reason: String) {
        self.pointer = pointer
        self.reason = reason
    }

    /// Place and reason, as a sentence without its full stop.
    public var description: String { "#\(pointer) \(reason)" }
}

/// What is wrong with one place of a value. Holds nothing of the value itself.
public struct SchemaViolation: Sendable, Hashable, CustomStringConvertible {
    /// One step into a value.
    enum Step: Sendable, Hashable {
        /// A key that the schema names.
        case key(String)
        /// A key that only the value names; it may be personal.
        case undeclaredKey
        case index(Int)
    }

    let path: [Step]
    /// The keyword that is violated, such as `required`; `false` for a schema that allows nothing,
    /// `limit` where the check itself went too far.
    public let keyword: String
    /// What is wrong; goes behind the place in a sentence.
    public let sentence: String

    /// The place in the value, as a JSON pointer. Keys that the schema does not name stand as `*`.
    public var instancePath: String {
        path.reduce(into: "") { text, step in
            switch step {
            case .key(let key): text += "/" + JSONPointer.escaped(key)
            case .undeclaredKey: text += "/*"
            case .index(let index): text += "/\(index)"
            }
        }
    }

    /// The place as field details name it, such as `body.items[0].name`.
    var field: String {
        path.reduce(into: "body") { text, step in
            switch step {
            case .key(let key): text += ".\(key)"
            case .undeclaredKey: text += ".*"
            case .index(let index): text += "[\(index)]"
            }
        }
    }

    /// Place and sentence, without a full stop.
    public var description: String { "#\(instancePath) \(sentence)" }
}
