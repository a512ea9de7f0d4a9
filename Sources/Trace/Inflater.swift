import CZlib

/// A zlib decompressor for gzip. Move-only: one owner, one cleanup.
@safe struct Inflater: ~Copyable {
    /// The result of one step.
    enum Step: Equatable {
        /// The input is consumed, or the output buffer is full.
        case more
        /// The compressed data has ended, and its checksum and length are correct.
        case end
        /// The data is damaged; the text is zlib's reason.
        case corrupt(String)
    }

    // On the heap: zlib keeps a pointer to the stream and rejects one that has moved.
    private let stream: UnsafeMutablePointer<z_stream>

    /// Makes a decompressor.
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

    /// Decompresses a part of `input` into `output`.
    /// - Returns: the numbers of bytes consumed and produced, and the result of the step.
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
        // Z_BUF_ERROR: no progress was possible without more input or more room.
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
