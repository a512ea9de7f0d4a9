/// A gzip file that is written as a stream. Move-only: one owner, closed once.
///
/// After every 1 MiB of input everything written so far is given to the system in a form that reads
/// without the rest, so that a killed run loses its last block only. Where those points lie depends
/// on the input's length alone, not on how it was cut into calls: equal input, equal bytes.
struct GzipFile: ~Copyable {
    /// The input between two flushes, in bytes.
    static let flushInterval = 1_048_576

    private var file: FileDescriptor
    private let deflater: Deflater
    private var inputSinceFlush = 0

    /// Bytes in the file.
    private(set) var bytesWritten: UInt64 = 0
    /// Why writing stopped. What comes after it is dropped: a trace with a hole would be worse than
    /// one that is cut.
    private(set) var failure: TraceError?

    /// Creates the file; what it held before is gone.
    /// - Throws: `openFailed`, `isDirectory`, `outOfMemory`.
    init(path: String) throws(TraceError) {
        let file = try FileDescriptor(writing: path)
        let deflater = try Deflater(path: path)
        self.file = file
        self.deflater = deflater
    }

    /// Adds `bytes`. A failure is kept in `failure`.
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

    /// Adds a line of text and its line break.
    mutating func write(line: String) {
        let bytes = Array("\(line)\n".utf8)
        unsafe bytes.withUnsafeBufferPointer { bytes in unsafe write(bytes) }
    }

    /// Gives everything to the system, so that it can be read already.
    mutating func flush() {
        unsafe compress(UnsafeBufferPointer(start: nil, count: 0), .sync)
        inputSinceFlush = 0
    }

    /// Ends the gzip data and closes the file.
    /// - Returns: the file's size in bytes.
    /// - Throws: `writeFailed`, also for what failed earlier.
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
