/// A gzip file that is written as a stream. Move-only: one owner, closed once.
///
/// After every 1 MiB of input, all data so far is passed to the system in a form that can be read without the
/// rest, so a killed run loses only its last block. These points depend only on the length of the input, not on
/// its division into calls: equal input gives equal bytes.
struct GzipFile: ~Copyable {
    /// The amount of input between two flushes, in bytes.
    static let flushInterval = 1_048_576

    private var file: FileDescriptor
    private let deflater: Deflater
    private var inputSinceFlush = 0

    /// Number of bytes in the file.
    private(set) var bytesWritten: UInt64 = 0
    /// The error that stopped writing; nil: none. All later data is dropped, since a trace with a gap would be
    /// worse than one that is cut.
    private(set) var failure: TraceError?

    /// Creates or truncates the file.
    /// - Throws: `openFailed`, `isDirectory`, `outOfMemory`.
    init(path: String) throws(TraceError) {
        let file = try FileDescriptor(writing: path)
        let deflater = try Deflater(path: path)
        self.file = file
        self.deflater = deflater
    }

    /// Appends `bytes`. An error is stored in `failure`.
    mutating func write(_ bytes: UnsafeBufferPointer<UInt8>) {
        var rest = unsafe bytes[...]
        while unsafe !rest.isEmpty {
            let piece = unsafe rest.prefix(Self.flushInterval - inputSinceFlush)
            unsafe rest = rest[piece.endIndex...]
            inputSinceFlush += unsafe piece.count
            let flush: Deflater.Flush = inputSinceFlush == Self.flushInterval ? .sync : .none
            unsafe compress(UnsafeBufferPointer(rebasing: piece), flush)
            if flush == .sync { inputSinceFlush = 0 }
        }
    }

    /// Appends a line of text and a line break.
    mutating func write(line: String) {
        let bytes = Array("\(line)\n".utf8)
        unsafe bytes.withUnsafeBufferPointer { bytes in unsafe write(bytes) }
    }

    /// Passes all data to the system, so that it can already be read.
    mutating func flush() {
        unsafe compress(UnsafeBufferPointer(start: nil, count: 0), .sync)
        inputSinceFlush = 0
    }

    /// Ends the gzip data and closes the file.
    /// - Returns: the size of the file in bytes.
    /// - Throws: `writeFailed`, also for an earlier error.
    mutating func finish() throws(TraceError) -> UInt64 {
        unsafe compress(UnsafeBufferPointer(start: nil, count: 0), .finish)
        if let failure { throw failure }
        try file.closeChecked()
        return bytesWritten
    }

    private mutating func compress(_ input: UnsafeBufferPointer<UInt8>, _ flush: Deflater.Flush) {
        guard failure == nil else { return }
        do throws(TraceError) {
            let written = unsafe try deflater.compress(input, flush, to: file)
            bytesWritten += UInt64(written)
        } catch {
            failure = error
        }
    }
}
