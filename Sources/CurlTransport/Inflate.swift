internal import CZlib
import APIClient

/// Undoes gzip and deflate. libcurl can do it as well, but takes a stream that ends before its end for
/// a whole one.
enum Inflate {
    enum Coding { case gzip, deflate }

    /// - Throws: `malformed` for what is not compressed, is cut or is followed by something else;
    ///   `tooLarge` beyond `sizeMax` bytes.
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
                // Another member may follow the one that has ended.
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

    /// 16 more is gzip. "deflate" is zlib's format; many servers send the bare stream, which has
    /// negative bits, and which its first two bytes give away.
    private static func windowBits(_ bytes: [UInt8], _ coding: Coding) -> Int32 {
        if coding == .gzip { return 15 + 16 }
        let isZlib =
            bytes.count >= 2 && bytes[0] & 0x0f == 8
            && (Int(bytes[0]) << 8 | Int(bytes[1])) % 31 == 0
        return isZlib ? 15 : -15
    }
}

/// One zlib decompressor. Move-only: one owner, one cleanup.
@safe private struct InflateStream: ~Copyable {
    // On the heap: zlib keeps a pointer to the stream and refuses one that has moved.
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
            // `deinit` does not run for a value that was never whole.
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

    /// Input that was not used yet.
    var left: Int { unsafe Int(stream.pointee.avail_in) }

    /// The input stays where it is until the last ``next(_:)``.
    mutating func take(_ input: UnsafeBufferPointer<UInt8>) {
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.pointee.avail_in = UInt32(clamping: input.count)
    }

    /// Appends the next part.
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
