import CZlib

/// One zlib compressor that makes a gzip file. Move-only: one owner, one cleanup.
///
/// The bytes are a function of the input and of zlib's version alone: no name, no time, and the
/// same ten bytes of gzip header on every system.
@safe struct Deflater: ~Copyable {
    /// What to do once the input is used up.
    enum Flush {
        /// Keep back what compresses better with more.
        case none
        /// Give out everything, so that what was written so far can be read without the rest.
        case sync
        /// End the file.
        case finish

        var code: Int32 {
            switch self {
            case .none: Z_NO_FLUSH
            case .sync: Z_SYNC_FLUSH
            case .finish: Z_FINISH
            }
        }
    }

    // On the heap: zlib keeps a pointer to the stream and refuses one that has moved.
    private let stream: UnsafeMutablePointer<z_stream>
    // zlib reads it when it writes the first bytes.
    private let header: UnsafeMutablePointer<gz_header>
    // Compressed bytes on their way to the file.
    private let buffer: UnsafeMutablePointer<UInt8>
    private static let bufferSize = 131_072

    /// A compressor at level 1.
    ///
    /// Window 2^15, memory level 8 and the default strategy: of all that level 1 offers the best of
    /// both on trace lines. Huffman-only and run-length coding give three times the size and are
    /// slower, a larger hash table only misses the processor's cache more often.
    /// - Throws: `outOfMemory`.
    init(path: String) throws(TraceError) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        unsafe header = .allocate(capacity: 1)
        unsafe header.initialize(to: gz_header())
        // 3 is Unix; zlib would write the system it was built for.
        unsafe header.pointee.os = 3
        unsafe buffer = .allocate(capacity: Self.bufferSize)
        let gzip: Int32 = 16
        let status = unsafe deflateInit2_(
            stream, 1, Z_DEFLATED, 15 + gzip, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK, unsafe deflateSetHeader(stream, header) == Z_OK else {
            // `deinit` does not run for a value that was never whole.
            unsafe deflateEnd(stream)
            unsafe stream.deallocate()
            unsafe header.deallocate()
            unsafe buffer.deallocate()
            throw TraceError(
                code: .outOfMemory, path: path, message: "zlib cannot compress (status \(status))")
        }
    }

    deinit {
        // Its status only says that a stream ended before its end, which is what a cut trace is.
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
        unsafe header.deallocate()
        unsafe buffer.deallocate()
    }

    /// Compresses all of `input` and writes what comes of it now.
    /// - Parameters:
    ///   - input: at most 4 GiB.
    ///   - flush: how much of what it holds back is written too.
    ///   - file: gets the compressed bytes.
    /// - Returns: how many bytes were written.
    /// - Throws: `writeFailed`; the compressor is of no use after it.
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
            // Only misuse gives it: the fields above are whole and nothing follows a finish.
            precondition(status != Z_STREAM_ERROR, "deflate was called wrongly")
            let made = unsafe Self.bufferSize - Int(stream.pointee.avail_out)
            unsafe try file.write(buffer, count: made)
            written += made
            // Room that is left over means that zlib had nothing more to give.
            if unsafe stream.pointee.avail_out > 0 { return written }
        }
    }
}
