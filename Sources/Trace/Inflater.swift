import CZlib

/// One zlib decompressor for gzip. Move-only: one owner, one cleanup.
@safe struct Inflater: ~Copyable {
    /// How one step ended.
    enum Step: Equatable {
        /// Input is used up, or the place for output is full.
        case more
        /// The compressed data is at its end, and its checksum and length are right.
        case end
        /// The data is not what a compressor writes; zlib's reason.
        case corrupt(String)
    }

    // On the heap: zlib keeps a pointer to the stream and refuses one that has moved.
    private let stream: UnsafeMutablePointer<z_stream>

    /// A decompressor.
    /// - Throws: `outOfMemory`.
    init(path: String) throws(TraceError) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let gzip: Int32 = 16
        let status = unsafe inflateInit2_(
            stream, 15 + gzip, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            unsafe stream.deallocate()
            throw TraceError(
                code: .outOfMemory, path: path,
                message: "zlib cannot decompress (status \(status))")
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Decompresses some of `input` into `output`.
    /// - Returns: how many bytes were used and how many were made, and how it ended.
    /// - Throws: `outOfMemory`.
    func inflate(
        _ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>,
        path: String
    ) throws(TraceError) -> (used: Int, made: Int, step: Step) {
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.pointee.avail_in = UInt32(input.count)
        unsafe stream.pointee.next_out = output.baseAddress
        unsafe stream.pointee.avail_out = UInt32(output.count)
        let status = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
        let used = unsafe input.count - Int(stream.pointee.avail_in)
        let made = unsafe output.count - Int(stream.pointee.avail_out)
        switch status {
        // Z_BUF_ERROR: nothing could be done now; more input or more room helps.
        case Z_OK, Z_BUF_ERROR: return (used, made, .more)
        case Z_STREAM_END: return (used, made, .end)
        case Z_MEM_ERROR:
            throw TraceError(code: .outOfMemory, path: path, message: "zlib got no memory")
        default:
            let reason = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
            return (used, made, .corrupt(reason ?? "zlib status \(status)"))
        }
    }
}
