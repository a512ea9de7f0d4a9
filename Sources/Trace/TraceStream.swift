import Crypto

/// The destination of lines.
enum Route: Sendable {
    /// The digest and the file.
    case both
    /// The digest only.
    case digest
    /// The file only.
    case file
}

/// The hashes, the counts and the file of one trace. Must be used by one thread at a time.
struct TraceStream: ~Copyable {
    private var hash = SHA256()
    private(set) var lines: UInt64 = 0
    private(set) var bytes: UInt64 = 0

    /// Set when the file first differs from the stream; until then one hash serves both.
    private var selection: Selection?
    private var file: GzipFile?

    /// The hash and the number of the lines in the file.
    private struct Selection {
        var hash: SHA256
        var lines: UInt64
    }

    /// Makes a stream that begins with `header`.
    /// - Parameters:
    ///   - path: the path of the file; nil: none is written.
    ///   - header: the first line, without its line break.
    /// - Throws: `openFailed`, `isDirectory`, `outOfMemory`, `writeFailed`.
    init(path: String?, header: String) throws(TraceError) {
        guard let path else { return }
        var file = try GzipFile(path: path)
        file.write(line: header)
        // Flushed at once, because the header alone is enough to replay a killed run.
        file.flush()
        if let failure = file.failure { throw failure }
        self.file = consume file
    }

    /// Adds complete lines.
    mutating func add(_ text: UnsafeBufferPointer<UInt8>, lines count: UInt64, to route: Route) {
        if route != .both && selection == nil && file != nil {
            selection = Selection(hash: hash, lines: lines)
        }
        if route != .file {
            unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(text))
            lines += count
            bytes += UInt64(text.count)
        }
        if route != .digest && file != nil {
            unsafe selection?.hash.update(bufferPointer: UnsafeRawBufferPointer(text))
            selection?.lines += count
            unsafe file?.write(text)
        }
    }

    /// The digest of all lines added so far.
    var digest: String { hexadecimal(hash) }

    /// The number and the digest of the lines in the file; nil: they are those of the stream.
    var written: (lines: UInt64, digest: String)? {
        selection.map { ($0.lines, hexadecimal($0.hash)) }
    }

    /// Ends the file.
    /// - Parameter footer: the last line of the file.
    /// - Returns: the size of the file in bytes; 0: there is none.
    /// - Throws: `writeFailed`, also for an earlier error.
    consuming func finish(footer: String) throws(TraceError) -> UInt64 {
        guard var file = consume file else { return 0 }
        file.write(line: footer)
        return try file.finish()
    }
}

/// The digest of bytes that are added piece by piece, in the form of a footer.
struct TraceDigest {
    private var hash = SHA256()
    private static let lineBreak: [UInt8] = [0x0a]

    /// Adds a line, given without its line break.
    mutating func add(line: UnsafeBufferPointer<UInt8>) {
        unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(line))
        hash.update(data: Self.lineBreak)
    }

    /// The digest in lower-case hexadecimal.
    var text: String { hexadecimal(hash) }
}

/// The digest of the bytes that `hash` has received so far. The hash can still be updated.
private func hexadecimal(_ hash: SHA256) -> String {
    var text = ""
    text.reserveCapacity(64)
    for byte in hash.finalize() {
        let digits = String(byte, radix: 16)
        text += byte < 16 ? "0" + digits : digits
    }
    return text
}
