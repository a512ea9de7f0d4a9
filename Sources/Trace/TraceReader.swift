#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads a trace line by line, `.jsonl.gz` or plain `.jsonl`, in bounded memory.
///
/// Which of the two a file is shows in its first bytes; its name does not matter. A file that ends
/// too early or is damaged gives every whole line before that place, then an error.
@safe public struct TraceReader: ~Copyable {
    /// The longest line that is read, in bytes: 16 MiB.
    public static let lineLengthMax = 16_777_216

    /// Lines read so far.
    public private(set) var lineCount: UInt64 = 0
    /// The file, as the caller named it.
    public let path: String

    private var source: TraceSource
    // Decoded text: `start..<end` is not yet delivered, `scanned` of it holds no line break.
    private var text: UnsafeMutablePointer<UInt8>
    private var capacity = 262_144
    private var start = 0
    private var scanned = 0
    private var end = 0
    /// The line delivered last, in `text`.
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

    /// Whether the file, if compressed, begins as the writer begins one. Other compressors write a
    /// name, a time or another level there, and no checksum covers those bytes.
    var hasWritersHeader: Bool { source.hasWritersHeader }

    /// The next line, without its line break.
    /// - Returns: nil at the end of a whole file.
    /// - Throws: `truncated`, `corrupt`, `trailingGarbage`, `lineTooLong`, `readFailed`,
    ///   `isDirectory`, `outOfMemory`; the same again when called again.
    public mutating func next() throws(TraceError) -> [UInt8]? {
        guard try advance() else { return nil }
        return unsafe withLine { line in unsafe Array(line) }
    }

    /// Reads the next line, for `withLine`, without copying it.
    /// - Returns: false at the end of a whole file.
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

    /// Gives the line that `advance` read; valid inside `body` only.
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

    /// Moves what is not yet delivered to the front and makes sure that something can follow it.
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

// The memory is owned by one value and reached through it alone.
extension TraceReader: @unchecked Sendable {}
