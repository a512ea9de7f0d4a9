/// Reads the fields of one line by the schema, and keeps track of the fields that were not read.
struct TraceLineReader {
    private let text: [UInt8]
    private let members: [JSONText.Member]
    private let keys: [String]
    private var isRead: [Bool]

    /// Parses a line.
    /// - Parameter text: any bytes, without a line break.
    /// - Throws: `notAnObject`, `repeatedField`.
    init(_ text: [UInt8]) throws(TraceLineError) {
        guard let members = JSONText.members(of: text.span) else { throw .notAnObject }
        self.text = text
        self.members = members
        var keys: [String] = []
        keys.reserveCapacity(members.count)
        var known: Set<String> = []
        for member in members {
            // A key with half of a surrogate pair is not valid text.
            guard let key = JSONText.unescaped(text, member.key) else { throw .notAnObject }
            guard known.insert(key).inserted else { throw .repeated(key) }
            keys.append(key)
        }
        self.keys = keys
        isRead = Array(repeating: false, count: keys.count)
    }

    /// Reads a required field.
    /// - Throws: `missingField`, `wrongType`.
    mutating func read<Value: TraceFieldValue>(
        _ field: RequiredField<Value>
    ) throws(TraceLineError) -> Value {
        let key = "\(field.key)"
        guard let value = try find(key, as: Value.self) else { throw .missing(key) }
        return value
    }

    /// Reads an optional field; nil: it is missing.
    /// - Throws: `wrongType`.
    mutating func read<Value: TraceFieldValue>(
        _ field: OptionalField<Value>
    ) throws(TraceLineError) -> Value? {
        try find("\(field.key)", as: Value.self)
    }

    /// Reads a flag; false: it is missing or not set.
    /// - Throws: `wrongType`.
    mutating func read(_ field: OptionalField<Bool>) throws(TraceLineError) -> Bool {
        try find("\(field.key)", as: Bool.self) ?? false
    }

    private mutating func find<Value: TraceFieldValue>(
        _ key: String, as type: Value.Type
    ) throws(TraceLineError) -> Value? {
        guard let index = keys.firstIndex(of: key) else { return nil }
        isRead[index] = true
        guard let value = Value.read(text, members[index].value) else {
            throw .wrong(key, Value.type)
        }
        return value
    }

    /// The fields that were not read, in the order of the line.
    var rest: [TraceEvent.UnknownField] {
        keys.indices.filter { !isRead[$0] }.map {
            TraceEvent.UnknownField(
                key: keys[$0], json: String(decoding: text[members[$0].value], as: UTF8.self))
        }
    }
}
