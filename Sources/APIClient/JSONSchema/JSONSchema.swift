/// A JSON Schema of draft 7, which a JSON value can be checked against.
///
///     let schema = try JSONSchema(parsing: Array(text.utf8))
///     let request = APIRequest(.get, "/v1/users", responseSchema: schema)
///
/// All assertions of the draft are checked. `format` and the `content…` keywords are annotations,
/// as the draft allows, and unknown keywords are ignored. `$ref` must stay within the document:
/// `#`, or `#` followed by a JSON pointer. Patterns are matched in linear time; they may use all of
/// ECMA-262 except look-around, back references and the `Script` properties. A schema that cannot
/// be checked completely is refused when it is parsed.
///
/// Numbers are compared as ``JSONValue`` holds them: as `Int64` or `Double`.
public struct JSONSchema: Sendable, Hashable {
    let program: SchemaProgram

    /// Parses a schema once; checking does not need the text any more.
    /// - Parameter bytes: a JSON text in UTF-8.
    /// - Throws: ``JSONSchemaError`` if the text is not JSON, not a schema of draft 7, or uses an
    ///   unsupported feature.
    public init(parsing bytes: [UInt8]) throws(JSONSchemaError) {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: bytes)
        } catch {
            throw JSONSchemaError(pointer: "", reason: "is not valid JSON")
        }
        program = try SchemaReader.program(of: document)
    }

    /// The violations of the schema in a value; empty if the value is valid.
    ///
    /// Their order depends on the schema and the value only. If checking takes more than ten
    /// million steps or goes through more than 512 nested schemas, the value counts as invalid,
    /// with the keyword `limit`.
    ///
    /// - Parameters:
    ///   - value: the value to check.
    ///   - limit: the largest number of violations that are returned; values below 1 count as 1.
    ///     Defaults to 20.
    /// - Returns: the violations, those of outer values first.
    public func violations(in value: JSONValue, atMost limit: Int = 20) -> [SchemaViolation] {
        var check = SchemaCheck(program, violationsMax: max(1, limit))
        return check.violations(in: value)
    }

    /// Whether both schemas are the same JSON, regardless of white space and the order of keys.
    public static func == (left: Self, right: Self) -> Bool {
        left.program === right.program
            || left.digest == right.digest && left.program.source == right.program.source
    }

    /// Feeds the digest to the hasher; equal schemas give equal hashes.
    public func hash(into hasher: inout Hasher) { hasher.combine(digest) }

    /// A digest of the schema's JSON, the same in every process.
    var digest: UInt64 { program.digest }
}

/// The reason why a text is not a schema that can be checked.
public struct JSONSchemaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The place in the schema as a JSON pointer; empty for the whole document.
    public let pointer: String
    /// The problem, worded to follow the place in a sentence.
    public let reason: String

    /// Makes an error at a place.
    public init(pointer: String, reason: String) {
        self.pointer = pointer
        self.reason = reason
    }

    /// The place and the reason, as a sentence without its full stop.
    public var description: String { "#\(pointer) \(reason)" }
}

/// A violation at one place of a value. It holds nothing of the value itself.
public struct SchemaViolation: Sendable, Hashable, CustomStringConvertible {
    /// One step from a value into a value inside of it.
    enum Step: Sendable, Hashable {
        /// A key that the schema names.
        case key(String)
        /// A key that only the value names. It is not shown, because it may be personal.
        case undeclaredKey
        case index(Int)
    }

    let path: [Step]
    /// The violated keyword, such as `required`. `false` stands for a schema that allows nothing,
    /// `limit` for a check that was abandoned.
    public let keyword: String
    /// The violation, worded to follow the place in a sentence.
    public let sentence: String

    /// The place in the value as a JSON pointer. Keys that the schema does not name are written as
    /// `*`.
    public var instancePath: String {
        path.reduce(into: "") { text, step in
            switch step {
            case .key(let key): text += "/" + JSONPointer.escaped(key)
            case .undeclaredKey: text += "/*"
            case .index(let index): text += "/\(index)"
            }
        }
    }

    /// The place in the form of error details, such as `body.items[0].name`.
    var field: String {
        path.reduce(into: "body") { text, step in
            switch step {
            case .key(let key): text += ".\(key)"
            case .undeclaredKey: text += ".*"
            case .index(let index): text += "[\(index)]"
            }
        }
    }

    /// The place and the violation, as a sentence without its full stop.
    public var description: String { "#\(instancePath) \(sentence)" }
}
