/// A field of an event: its key, its meaning and, as types, what it holds and whether every event of
/// its kind has it.
///
/// Writing and reading take the key from here, the tables of docs/trace-format.md are checked against
/// it. Fields are computed properties that are inlined, so that a key is a literal where it is written.
@frozen public struct TraceField<Presence, Value>: Sendable {
    /// The key in the JSON object. It needs no escaping.
    public let key: StaticString
    /// What the value means, in one line, as the documentation has it.
    public let meaning: StaticString

    /// A field.
    /// - Parameters:
    ///   - key: needs no escaping.
    ///   - meaning: one line of Markdown, without a full stop.
    @inlinable @inline(__always)
    public init(_ key: StaticString, _ meaning: StaticString) {
        self.key = key
        self.meaning = meaning
    }
}

/// A field that every event of its kind has.
public typealias RequiredField<Value> = TraceField<AlwaysPresent, Value>
/// A field that only some events of its kind have; its meaning says which.
public typealias OptionalField<Value> = TraceField<SometimesPresent, Value>

/// Marks fields that every event of their kind has.
public enum AlwaysPresent: TraceFieldPresence {
    static let isRequired = true
}

/// Marks fields that only some events of their kind have.
public enum SometimesPresent: TraceFieldPresence {
    static let isRequired = false
}

/// Whether every event of a kind has a field.
protocol TraceFieldPresence {
    static var isRequired: Bool { get }
}

/// What a field holds.
public enum TraceFieldType: Sendable, Hashable {
    /// A whole number.
    case integer
    /// `true`; a flag that is not set is left out.
    case flag
    /// A string of any content.
    case text
    /// One of these strings. A later version may write further ones.
    case word([String])
    /// A list of whole numbers.
    case integers
}

/// A field as data, for documentation, exporters and tests.
public struct TraceFieldShape: Sendable, Hashable {
    /// The key in the JSON object.
    public var key: String
    /// What it holds.
    public var type: TraceFieldType
    /// Whether every event of its kind has it.
    public var isRequired: Bool
    /// What it means, in one line of Markdown.
    public var meaning: String
}

extension TraceField where Presence: TraceFieldPresence, Value: TraceFieldValue {
    /// The field as data.
    var shape: TraceFieldShape {
        TraceFieldShape(
            key: "\(key)", type: Value.type, isRequired: Presence.isRequired, meaning: "\(meaning)")
    }
}
