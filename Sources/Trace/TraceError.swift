/// Why a trace could not be written or read.
public struct TraceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong, for programs.
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
        /// The path names a directory.
        public static var isDirectory: Self { .init(.isDirectory) }
        /// The file holds no byte.
        public static var empty: Self { .init(.empty) }
        /// The file is neither gzip nor JSON lines, or its first line is not a trace's header.
        public static var notTrace: Self { .init(.notTrace) }
        /// The file ends too early; every whole line before the end was delivered.
        public static var truncated: Self { .init(.truncated) }
        /// The compressed data is damaged; lines before the damage were delivered.
        public static var corrupt: Self { .init(.corrupt) }
        /// Bytes follow the end of the compressed data.
        public static var trailingGarbage: Self { .init(.trailingGarbage) }
        /// A line is longer than `TraceReader.lineLengthMax`.
        public static var lineTooLong: Self { .init(.lineTooLong) }
        /// A header or footer is not what its format says.
        public static var malformed: Self { .init(.malformed) }
        /// zlib got no memory.
        public static var outOfMemory: Self { .init(.outOfMemory) }
        /// The writer's thread could not be started.
        public static var threadFailed: Self { .init(.threadFailed) }
        /// The trace was finished before.
        public static var finished: Self { .init(.finished) }

        /// The code's name, such as `writeFailed`.
        public var description: String { value.rawValue }
    }

    /// What went wrong, for programs.
    public var code: Code
    /// The file, as the caller named it; empty where no file was involved.
    public var path: String
    /// What went wrong, for people.
    public var message: String
    /// The line, from 1, at which a reader stopped.
    public var line: UInt64?
    /// How many bytes of the file, as stored, a reader had used when it stopped.
    public var byte: UInt64?

    /// An error.
    public init(
        code: Code, path: String, message: String, line: UInt64? = nil, byte: UInt64? = nil
    ) {
        self.code = code
        self.path = path
        self.message = message
        self.line = line
        self.byte = byte
    }

    /// For example `trace.jsonl.gz: line 7, byte 512: the file ends too early`.
    public var description: String {
        var places: [String] = []
        if let line { places.append("line \(line)") }
        if let byte { places.append("byte \(byte)") }
        let place = places.isEmpty ? "" : places.joined(separator: ", ") + ": "
        return (path.isEmpty ? "" : path + ": ") + place + message
    }
}
