/// A text for a field: a literal, which is copied unchanged, or a string, which is escaped.
public protocol TraceText {
    /// Adds a field with this text.
    func add(to line: inout LineBuffer, _ key: StaticString)
}

extension StaticString: TraceText {
    /// Adds a field with this text, which must not need escaping.
    @inlinable @inline(__always)
    public func add(to line: inout LineBuffer, _ key: StaticString) { line.field(key, self) }
}

extension String: TraceText {
    /// Adds a field with this text, with escapes where JSON requires them.
    @inlinable @inline(__always)
    public func add(to line: inout LineBuffer, _ key: StaticString) { line.field(key, self) }
}

// Adding the fields of the schema to a line. Everything is inlined into the code that writes a line.
extension LineBuffer {
    /// Adds an integer.
    @inlinable @inline(__always)
    public mutating func put<Presence>(_ field: TraceField<Presence, Int64>, _ value: Int64) {
        self.field(field.key, value)
    }

    /// Adds an integer.
    @inlinable @inline(__always)
    public mutating func put<Presence>(_ field: TraceField<Presence, UInt32>, _ value: UInt32) {
        self.field(field.key, Int64(value))
    }

    /// Adds an integer.
    @inlinable @inline(__always)
    public mutating func put<Presence>(_ field: TraceField<Presence, UInt64>, _ value: UInt64) {
        self.field(field.key, value)
    }

    /// Adds a flag if it is set; otherwise nothing.
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

    /// Adds a word, which must be one of the field's vocabulary.
    @inlinable @inline(__always)
    public mutating func put<Presence, Known>(
        _ field: TraceField<Presence, TraceWord<Known>>, _ word: some TraceText
    ) {
        word.add(to: &self, field.key)
    }

    /// Adds a list of integers; nothing for an empty list.
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
