/// A field of an event: its key and meaning, and as types its values and whether it is required.
///
/// Writing and reading use this key, and the tables of docs/trace-format.md are checked against it. Fields are
/// inlined computed properties, so that the key is a literal in the code that writes it.
@frozen public struct TraceField<Presence, Value>: Sendable {
    /// The key in the JSON object. It needs no escaping.
    public let key: StaticString
    /// The meaning of the value, in one line, as in the documentation.
    public let meaning: StaticString

    /// Makes a field.
    /// - Parameters:
    ///   - key: a key that needs no escaping.
    ///   - meaning: one line of Markdown without a full stop.
    @inlinable @inline(__always)
    public init(_ key: StaticString, _ meaning: StaticString) {
        self.key = key
        self.meaning = meaning
    }
}

/// A field that every event of its kind has.
public typealias RequiredField<Value> = TraceField<AlwaysPresent, Value>
/// A field that only some events of its kind have; its meaning tells which.
public typealias OptionalField<Value> = TraceField<SometimesPresent, Value>

/// Marks required fields.
public enum AlwaysPresent: TraceFieldPresence {
    static let isRequired = true
}

/// Marks optional fields.
public enum SometimesPresent: TraceFieldPresence {
    static let isRequired = false
}

/// Whether a field is required in every event of its kind.
protocol TraceFieldPresence {
    static var isRequired: Bool { get }
}

/// The type of a field's values.
public enum TraceFieldType: Sendable, Hashable {
    /// An integer.
    case integer
    /// The value `true`; a flag that is not set is left out.
    case flag
    /// An arbitrary string.
    case text
    /// One of these strings. A later version may write others.
    case word([String])
    /// A list of integers.
    case integers
}

/// A description of a field, for documentation, exporters and tests.
public struct TraceFieldShape: Sendable, Hashable {
    /// The key in the JSON object.
    public var key: String
    /// The type of its values.
    public var type: TraceFieldType
    /// Whether every event of its kind has it.
    public var isRequired: Bool
    /// Its meaning, in one line of Markdown.
    public var meaning: String
}

extension TraceField where Presence: TraceFieldPresence, Value: TraceFieldValue {
    /// The description of the field.
    var shape: TraceFieldShape {
        TraceFieldShape(
            key: "\(key)", type: Value.type, isRequired: Presence.isRequired, meaning: "\(meaning)")
    }
}
