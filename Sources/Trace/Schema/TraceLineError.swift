/// Why a line of a trace is not a valid event.
public struct TraceLineError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of defect, for programs.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, Sendable {
            case notAnObject, missingField, wrongType, repeatedField, contradiction
        }

        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// The line is not one JSON object in valid UTF-8.
        public static var notAnObject: Self { .init(.notAnObject) }
        /// A required field is missing.
        public static var missingField: Self { .init(.missingField) }
        /// The value of a field has the wrong type or is out of range.
        public static var wrongType: Self { .init(.wrongType) }
        /// A field occurs more than once.
        public static var repeatedField: Self { .init(.repeatedField) }
        /// Two fields occur that exclude each other.
        public static var contradiction: Self { .init(.contradiction) }

        /// The name of the code, such as `missingField`.
        public var description: String { value.rawValue }
    }

    /// The kind of defect, for programs.
    public var code: Code
    /// The key of the field with the defect; nil: the line as a whole is invalid.
    public var field: String?
    /// The description of the defect, for people.
    public var message: String

    /// The same as ``message``.
    public var description: String { message }

    static var notAnObject: Self {
        Self(code: .notAnObject, field: nil, message: "the line is not a JSON object")
    }

    static func missing(_ key: String) -> Self {
        Self(code: .missingField, field: key, message: "the field '\(key)' is missing")
    }

    static func repeated(_ key: String) -> Self {
        Self(
            code: .repeatedField, field: key, message: "the field '\(key)' stands there twice")
    }

    static func contradiction(_ key: String, _ other: String) -> Self {
        Self(
            code: .contradiction, field: key,
            message: "the fields '\(key)' and '\(other)' exclude each other")
    }

    static func wrong(_ key: String, _ type: TraceFieldType) -> Self {
        let expected =
            switch type {
            case .integer: "a whole number in its range"
            case .flag: "true or false"
            case .text, .word: "a string"
            case .integers: "a list of whole numbers"
            }
        return Self(
            code: .wrongType, field: key, message: "the field '\(key)' does not hold \(expected)")
    }
}
