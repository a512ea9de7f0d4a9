/// A JSON value as bytes that are equal exactly for equal values: 1 equals 1.0, the order of keys
/// does not matter, and strings are compared by code point.
struct CanonicalBytes {
    private(set) var bytes: [UInt8] = []
    private var stepsLeft: Int
    private var depthLeft: Int

    /// The bytes; nil if the value is larger than `steps` or deeper than `depthMax`. `steps` is
    /// reduced by the work done.
    static func of(_ value: JSONValue, steps: inout Int, depthMax: Int) -> [UInt8]? {
        var canonical = CanonicalBytes(stepsLeft: steps, depthLeft: depthMax)
        let isDone = canonical.write(value)
        steps = canonical.stepsLeft
        return isDone ? canonical.bytes : nil
    }

    private init(stepsLeft: Int, depthLeft: Int) {
        self.stepsLeft = stepsLeft
        self.depthLeft = depthLeft
    }

    private mutating func write(_ value: JSONValue) -> Bool {
        stepsLeft -= 1
        guard stepsLeft > 0 else { return false }
        switch value {
        case .null: bytes.append(UInt8(ascii: "n"))
        case .bool(let value): bytes.append(UInt8(ascii: value ? "t" : "f"))
        case .integer(let value): write("i", UInt64(bitPattern: value))
        case .number(let value):
            switch JSONNumber(value) {
            case .integer(let value): write("i", UInt64(bitPattern: value))
            case .real(let value): write("d", value.bitPattern)
            }
        case .string(let text): return write(text)
        case .array(let items):
            guard depthLeft > 0 else { return false }
            depthLeft -= 1
            defer { depthLeft += 1 }
            write("[", UInt64(items.count))
            for item in items where !write(item) { return false }
        case .object(let members):
            guard depthLeft > 0 else { return false }
            depthLeft -= 1
            defer { depthLeft += 1 }
            write("{", UInt64(members.count))
            stepsLeft -= members.count
            for key in members.sortedKeys {
                guard write(key), let member = members[key], write(member) else { return false }
            }
        }
        return true
    }

    private mutating func write(_ text: String) -> Bool {
        stepsLeft -= text.utf8.count >> 4
        guard stepsLeft > 0 else { return false }
        write("s", UInt64(text.utf8.count))
        bytes += text.utf8
        return true
    }

    private mutating func write(_ mark: Unicode.Scalar, _ number: UInt64) {
        bytes.append(UInt8(ascii: mark))
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }
}

extension [String: JSONValue] {
    /// The keys sorted by their bytes, so that nothing depends on a dictionary's order.
    var sortedKeys: [String] {
        keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The member whose key has exactly these bytes. The subscript would also find a key that
    /// differs only in Unicode normalisation.
    func member(_ key: String) -> JSONValue? {
        guard let index = index(forKey: key), self[index].key.utf8.elementsEqual(key.utf8) else {
            return nil
        }
        return self[index].value
    }
}

/// The values of an `enum`, or the single value of a `const`.
struct SchemaValues: Sendable {
    /// Compared one by one; used for up to eight values that are neither arrays nor objects.
    private var simple: [JSONValue] = []
    private var canonical: Set<[UInt8]> = []

    init(_ values: [JSONValue]) {
        if values.count <= 8, !values.contains(where: \.isContainer) {
            simple = values
            return
        }
        for value in values {
            // A parsed value is no deeper than the parser allows.
            var steps = Int.max
            if let bytes = CanonicalBytes.of(value, steps: &steps, depthMax: .max) {
                canonical.insert(bytes)
            }
        }
    }

    /// Whether the value is one of these; nil if it is too large or too deep to be compared.
    func contains(_ value: JSONValue, steps: inout Int, depthMax: Int) -> Bool? {
        if canonical.isEmpty {
            if case .string(let text) = value { steps -= text.utf8.count >> 4 }
            return simple.contains { $0.isSameScalar(as: value) }
        }
        return CanonicalBytes.of(value, steps: &steps, depthMax: depthMax).map(canonical.contains)
    }
}

extension JSONValue {
    var isContainer: Bool {
        switch self {
        case .array, .object: true
        default: false
        }
    }

    /// Whether both are the same value; false for arrays and objects.
    func isSameScalar(as other: JSONValue) -> Bool {
        switch (self, other) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.integer(let left), .integer(let right)): left == right
        case (.integer, .number), (.number, .integer), (.number, .number):
            JSONNumber(self) == JSONNumber(other)
        default: false
        }
    }
}
