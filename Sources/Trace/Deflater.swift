import CZlib

/// A zlib compressor that produces a gzip file. Move-only: one owner, one cleanup.
///
/// The output depends only on the input and on zlib's version: it has no file name and no time, and the ten
/// bytes of gzip header are the same on every system.
@safe struct Deflater: ~Copyable {
    /// What happens after the input is consumed.
    enum Flush {
        /// Data may be held back for better compression.
        case none
        /// All data is written, so that everything so far can be read without the rest.
        case sync
        /// The gzip file is ended.
        case finish

        var code: Int32 {
            switch self {
            case .none: Z_NO_FLUSH
            case .sync: Z_SYNC_FLUSH
            case .finish: Z_FINISH
            }
        }
    }

    // On the heap: zlib keeps a pointer to the stream and rejects one that has moved.
    private let stream: UnsafeMutablePointer<z_stream>
    // zlib reads it when it writes the first bytes.
    private let header: UnsafeMutablePointer<gz_header>
    // Compressed bytes on their way to the file.
    private let buffer: UnsafeMutablePointer<UInt8>
    private static let bufferSize = 131_072

    /// Makes a compressor at level 1.
    ///
    /// Window 2^15, memory level 8 and the default strategy give the best size and speed on trace lines within
    /// level 1. Huffman-only and run-length coding give three times the size and are slower; a larger hash
    /// table only causes more cache misses.
    /// - Throws: `outOfMemory`.
    init(path: String) throws(TraceError) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        unsafe header = .allocate(capacity: 1)
        unsafe header.initialize(to: gz_header())
        // 3 means Unix. By default zlib writes the system that it was built for.
        unsafe header.pointee.os = 3
        unsafe buffer = .allocate(capacity: Self.bufferSize)
        let gzip: Int32 = 16
        let status = unsafe deflateInit2_(
            stream, 1, Z_DEFLATED, 15 + gzip, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK, unsafe deflateSetHeader(stream, header) == Z_OK else {
            // `deinit` does not run for a value that was not fully initialized.
            unsafe deflateEnd(stream)
            unsafe stream.deallocate()
            unsafe header.deallocate()
            unsafe buffer.deallocate()
            throw TraceError(
                code: .outOfMemory, path: path, message: "zlib cannot compress (status \(status))")
        }
    }

    deinit {
        // The status is ignored: it only tells that the stream was not ended, as in a cut trace.
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
        unsafe header.deallocate()
        unsafe buffer.deallocate()
    }

    /// Compresses all of `input` and writes the output that results now.
    /// - Parameters:
    ///   - input: the bytes to compress; at most 4 GiB.
    ///   - flush: how much of the data held back is written as well.
    ///   - file: receives the compressed bytes.
    /// - Returns: the number of bytes written.
    /// - Throws: `writeFailed`; the compressor must not be used afterwards.
    func compress(
        _ input: UnsafeBufferPointer<UInt8>, _ flush: Flush, to file: borrowing FileDescriptor
    ) throws(TraceError) -> Int {
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.pointee.avail_in = UInt32(input.count)
        var written = 0
        while true {
            unsafe stream.pointee.next_out = buffer
            unsafe stream.pointee.avail_out = UInt32(Self.bufferSize)
            let status = unsafe deflate(stream, flush.code)
            // Only misuse causes it: all fields are set above, and nothing follows a finish.
            precondition(status != Z_STREAM_ERROR, "deflate was called wrongly")
            let made = unsafe Self.bufferSize - Int(stream.pointee.avail_out)
            unsafe try file.write(buffer, count: made)
            written += made
            // Free space in the buffer means that zlib has no more output.
            if unsafe stream.pointee.avail_out > 0 { return written }
        }
    }
}
