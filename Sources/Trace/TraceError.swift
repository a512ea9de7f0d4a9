/// Why a trace could not be written or read.
public struct TraceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of a trace error, for programs.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, Sendable {
            case openFailed, readFailed, writeFailed, isDirectory, outOfMemory, threadFailed
            case empty, notTrace, truncated, corrupt, trailingGarbage, lineTooLong
            case malformed, finished
        }

        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// The file could not be opened.
        public static var openFailed: Self { .init(.openFailed) }
        /// Reading from the open file failed.
        public static var readFailed: Self { .init(.readFailed) }
        /// Writing to the open file failed, for example because the disk is full.
        public static var writeFailed: Self { .init(.writeFailed) }
        /// The path is that of a directory.
        public static var isDirectory: Self { .init(.isDirectory) }
        /// The file is empty.
        public static var empty: Self { .init(.empty) }
        /// The file is neither gzip nor JSON lines, or its first line is not the header of a trace.
        public static var notTrace: Self { .init(.notTrace) }
        /// The file ends too early. All complete lines before its end were delivered.
        public static var truncated: Self { .init(.truncated) }
        /// The compressed data is damaged. Lines before the damage were delivered.
        public static var corrupt: Self { .init(.corrupt) }
        /// There are bytes after the end of the compressed data.
        public static var trailingGarbage: Self { .init(.trailingGarbage) }
        /// A line is longer than `TraceReader.lineLengthMax`.
        public static var lineTooLong: Self { .init(.lineTooLong) }
        /// A header or footer violates the format.
        public static var malformed: Self { .init(.malformed) }
        /// Memory allocation failed in zlib.
        public static var outOfMemory: Self { .init(.outOfMemory) }
        /// The thread of the writer could not be started.
        public static var threadFailed: Self { .init(.threadFailed) }
        /// The trace was finished already.
        public static var finished: Self { .init(.finished) }

        /// The name of the code, such as `writeFailed`.
        public var description: String { value.rawValue }
    }

    /// The kind of the error, for programs.
    public var code: Code
    /// The path of the file as the caller gave it; empty: no file was involved.
    public var path: String
    /// The description of the error, for people.
    public var message: String
    /// The number of the line, from 1, at which a reader stopped; nil: unknown.
    public var line: UInt64?
    /// Number of bytes of the stored file that a reader had consumed when it stopped; nil: unknown.
    public var byte: UInt64?

    /// Makes an error.
    public init(
        code: Code, path: String, message: String, line: UInt64? = nil, byte: UInt64? = nil
    ) {
        self.code = code
        self.path = path
        self.message = message
        self.line = line
        self.byte = byte
    }

    /// The error as text, such as `trace.jsonl.gz: line 7, byte 512: the file ends too early`.
    public var description: String {
        var places: [String] = []
        if let line { places.append("line \(line)") }
        if let byte { places.append("byte \(byte)") }
        let place = places.isEmpty ? "" : places.joined(separator: ", ") + ": "
        return (path.isEmpty ? "" : path + ": ") + place + message
    }
}
