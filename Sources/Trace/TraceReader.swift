#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads a trace line by line in bounded memory, either `.jsonl.gz` or plain `.jsonl`.
///
/// The first bytes decide which of the two it is; the file name does not matter. A file that is cut or damaged
/// delivers all complete lines before that position, then an error.
@safe public struct TraceReader: ~Copyable {
    /// The largest length of a line, in bytes: 16 MiB.
    public static let lineLengthMax = 16_777_216

    /// Number of lines read so far.
    public private(set) var lineCount: UInt64 = 0
    /// The path of the file, as the caller gave it.
    public let path: String

    private var source: TraceSource
    // Decoded text: `start..<end` is not delivered yet, and its part before `scanned` has no line break.
    private var text: UnsafeMutablePointer<UInt8>
    private var capacity = 262_144
    private var start = 0
    private var scanned = 0
    private var end = 0
    /// The position of the last delivered line in `text`.
    private var line = 0..<0
    private var failure: TraceError?

    /// Opens a file.
    /// - Throws: `openFailed`, `isDirectory`, `readFailed`, `empty`, `notTrace`, `outOfMemory`.
    public init(path: String) throws(TraceError) {
        source = try TraceSource(path: path)
        self.path = path
        unsafe text = .allocate(capacity: capacity)
    }

    deinit { unsafe text.deallocate() }

    /// Whether the file is compressed.
    public var isCompressed: Bool { source.isCompressed }

    /// Whether a compressed file begins with the writer's own gzip header. Other compressors store a name, a
    /// time or another level there, and no checksum covers those bytes.
    var hasWritersHeader: Bool { source.hasWritersHeader }

    /// The next line, without its line break.
    /// - Returns: the line; nil: the complete file has ended.
    /// - Throws: `truncated`, `corrupt`, `trailingGarbage`, `lineTooLong`, `readFailed`, `isDirectory`,
    ///   `outOfMemory`; later calls throw the same error.
    public mutating func next() throws(TraceError) -> [UInt8]? {
        guard try advance() else { return nil }
        return unsafe withLine { line in unsafe Array(line) }
    }

    /// Reads the next line without copying it, for `withLine`.
    /// - Returns: whether there is a line; false: the complete file has ended.
    mutating func advance() throws(TraceError) -> Bool {
        if let failure { throw failure }
        do throws(TraceError) {
            return try search()
        } catch {
            var located = error
            if located.line == nil { located.line = lineCount + 1 }
            failure = located
            throw located
        }
    }

    /// Calls `body` with the line that `advance` read. The buffer is valid within `body` only.
    func withLine<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        unsafe body(UnsafeBufferPointer(start: text + line.lowerBound, count: line.count))
    }

    private mutating func search() throws(TraceError) -> Bool {
        while true {
            if let found = unsafe memchr(text + scanned, 0x0a, end - scanned) {
                let lineEnd = unsafe UnsafeMutableRawPointer(text).distance(to: found)
                try checkLength(lineEnd - start)
                line = start..<lineEnd
                start = lineEnd + 1
                scanned = start
                lineCount += 1
                return true
            }
            scanned = end
            try checkLength(end - start)
            makeRoom()
            let room = unsafe UnsafeMutableBufferPointer(start: text + end, count: capacity - end)
            let got = unsafe try source.read(into: room)
            if got == 0 { return try finish() }
            end += got
        }
    }

    private func checkLength(_ length: Int) throws(TraceError) {
        if length > Self.lineLengthMax {
            throw TraceError(
                code: .lineTooLong, path: path,
                message: "the line is longer than \(Self.lineLengthMax) bytes",
                byte: source.bytesUsed)
        }
    }

    private func finish() throws(TraceError) -> Bool {
        if start == end { return false }
        throw TraceError(
            code: .truncated, path: path, message: "the last line has no line break",
            byte: source.bytesUsed)
    }

    /// Moves undelivered text to the front, and grows the buffer if more than half of it is in use.
    private mutating func makeRoom() {
        let held = end - start
        if start > 0 {
            unsafe text.update(from: text + start, count: held)
            (start, scanned, end) = (0, held, held)
        }
        guard held > capacity / 2 else { return }
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2)
        unsafe larger.update(from: text, count: held)
        unsafe text.deallocate()
        unsafe text = larger
        capacity *= 2
    }
}

// Safe: one value owns the memory, and only that value accesses it.
extension TraceReader: @unchecked Sendable {}
