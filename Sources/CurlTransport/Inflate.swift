internal import CZlib
import APIClient

/// Decompresses gzip and deflate. libcurl can do this too, but accepts a stream that is cut off as
/// complete.
enum Inflate {
    enum Coding { case gzip, deflate }

    /// Decompresses a whole body.
    /// - Throws: `malformed` if the bytes are not compressed, cut off or followed by other bytes;
    ///   `tooLarge` if the result has more than `sizeMax` bytes.
    static func all(
        _ bytes: [UInt8], _ coding: Coding, sizeMax: Int
    ) throws(TransportError) -> [UInt8] {
        var stream = try InflateStream(windowBits: windowBits(bytes, coding))
        var whole: [UInt8] = []
        var status = Z_OK
        unsafe bytes.withUnsafeBufferPointer { input in
            unsafe stream.take(input)
            while status == Z_OK && whole.count <= sizeMax {
                status = stream.next(&whole)
                // A gzip body may consist of several members.
                if status == Z_STREAM_END, coding == .gzip, stream.left > 0 {
                    status = stream.reset()
                }
            }
        }
        if whole.count > sizeMax {
            throw TransportError(.tooLarge, "the body decompresses to more than \(sizeMax) bytes")
        }
        guard status == Z_STREAM_END, stream.left == 0 else {
            throw TransportError(.malformed, "the compressed body is damaged, or ends too early")
        }
        return whole
    }

    /// zlib's parameter for the format: 16 more means gzip. "deflate" is zlib's format, but many
    /// servers send the raw stream, which takes a negative value. The first two bytes tell them
    /// apart.
    private static func windowBits(_ bytes: [UInt8], _ coding: Coding) -> Int32 {
        if coding == .gzip { return 15 + 16 }
        let isZlib =
            bytes.count >= 2 && bytes[0] & 0x0f == 8
            && (Int(bytes[0]) << 8 | Int(bytes[1])) % 31 == 0
        return isZlib ? 15 : -15
    }
}

/// One zlib decompressor. It is move-only, so that there is one owner and one cleanup.
@safe private struct InflateStream: ~Copyable {
    // On the heap, because zlib keeps a pointer to the stream and refuses one that has moved.
    private let stream: UnsafeMutablePointer<z_stream>
    private let chunk: UnsafeMutablePointer<UInt8>
    private static let chunkSize = 32_768

    init(windowBits: Int32) throws(TransportError) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        unsafe chunk = .allocate(capacity: Self.chunkSize)
        let status = unsafe inflateInit2_(
            stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            // `deinit` does not run if the initialiser throws.
            unsafe stream.deallocate()
            unsafe chunk.deallocate()
            throw TransportError(.tooLarge, "no memory to decompress the body")
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
        unsafe chunk.deallocate()
    }

    /// The number of input bytes that were not used yet.
    var left: Int { unsafe Int(stream.pointee.avail_in) }

    /// Sets the input, which must stay in place until the last ``next(_:)``.
    mutating func take(_ input: UnsafeBufferPointer<UInt8>) {
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.pointee.avail_in = UInt32(clamping: input.count)
    }

    /// Appends the next part of the output.
    /// - Returns: zlib's status.
    mutating func next(_ whole: inout [UInt8]) -> Int32 {
        unsafe stream.pointee.next_out = chunk
        unsafe stream.pointee.avail_out = UInt32(Self.chunkSize)
        let status = unsafe inflate(stream, Z_NO_FLUSH)
        let made = unsafe Self.chunkSize - Int(stream.pointee.avail_out)
        unsafe whole.append(contentsOf: UnsafeBufferPointer(start: chunk, count: made))
        return status
    }

    mutating func reset() -> Int32 { unsafe inflateReset(stream) }
}
