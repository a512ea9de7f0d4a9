/// A text that a field can be given: a literal, which is copied as it is, or a string, which is escaped.
public protocol TraceText {
    /// Adds a field with this text.
    func add(to line: inout LineBuffer, _ key: StaticString)
}

extension StaticString: TraceText {
    /// Adds a field with this text, which needs no escaping.
    @inlinable @inline(__always)
    public func add(to line: inout LineBuffer, _ key: StaticString) { line.field(key, self) }
}

extension String: TraceText {
    /// Adds a field with this text, escaped where JSON asks for it.
    @inlinable @inline(__always)
    public func add(to line: inout LineBuffer, _ key: StaticString) { line.field(key, self) }
}

// How a line gets the fields of the schema. All of it is inlined where a line is written.
extension LineBuffer {
    /// Adds a whole number.
    @inlinable @inline(__always)
    public mutating func put<Presence>(_ field: TraceField<Presence, Int64>, _ value: Int64) {
        self.field(field.key, value)
    }

    /// Adds a whole number.
    @inlinable @inline(__always)
    public mutating func put<Presence>(_ field: TraceField<Presence, UInt32>, _ value: UInt32) {
        self.field(field.key, Int64(value))
    }

    /// Adds a whole number.
    @inlinable @inline(__always)
    public mutating func put<Presence>(_ field: TraceField<Presence, UInt64>, _ value: UInt64) {
        self.field(field.key, value)
    }

    /// Adds a flag that is set, and nothing for one that is not.
    @inlinable @inline(__always)
    public mutating func put(_ field: OptionalField<Bool>, _ isSet: Bool) {
        if isSet { self.field(field.key, true) }
    }

    /// Adds a text.
    @inlinable @inline(__always)
    public mutating func put<Presence>(
        _ field: TraceField<Presence, String>, _ text: some TraceText
    ) {
        text.add(to: &self, field.key)
    }

    /// Adds a word of the field's vocabulary.
    @inlinable @inline(__always)
    public mutating func put<Presence, Known>(
        _ field: TraceField<Presence, TraceWord<Known>>, _ word: some TraceText
    ) {
        word.add(to: &self, field.key)
    }

    /// Adds a list of numbers, and nothing for an empty one.
    @inlinable @inline(__always)
    public mutating func put(_ field: OptionalField<[Int]>, _ numbers: [Int]) {
        if !numbers.isEmpty { list(field.key, numbers) }
    }

    @usableFromInline mutating func list(_ key: StaticString, _ numbers: [Int]) {
        openArray(key)
        for number in numbers { element(number) }
        closeArray()
    }
}
