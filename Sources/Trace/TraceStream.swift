import Crypto

/// Where lines go.
enum Route: Sendable {
    /// To the digest and to the file.
    case both
    /// To the digest only.
    case digest
    /// To the file only.
    case file
}

/// The hashes, the counts and the file of one trace. Used by one thread at a time.
struct TraceStream: ~Copyable {
    private var hash = SHA256()
    private(set) var lines: UInt64 = 0
    private(set) var bytes: UInt64 = 0

    /// Made when the file first differs from the stream; until then one hash serves both.
    private var selection: Selection?
    private var file: GzipFile?

    /// The lines that are in the file.
    private struct Selection {
        var hash: SHA256
        var lines: UInt64
    }

    /// A stream that begins with `header`.
    /// - Parameters:
    ///   - path: where it is written; nil: nowhere.
    ///   - header: the first line, without its line break.
    /// - Throws: `openFailed`, `isDirectory`, `outOfMemory`, `writeFailed`.
    init(path: String?, header: String) throws(TraceError) {
        guard let path else { return }
        var file = try GzipFile(path: path)
        file.write(line: header)
        // A killed run's header alone is enough to fly it again.
        file.flush()
        if let failure = file.failure { throw failure }
        self.file = consume file
    }

    /// Adds whole lines.
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

    /// The digest of what was added so far.
    var digest: String { hexadecimal(hash) }

    /// The number and the digest of the lines in the file, where those are not the stream's.
    var written: (lines: UInt64, digest: String)? {
        selection.map { ($0.lines, hexadecimal($0.hash)) }
    }

    /// Ends the file.
    /// - Parameter footer: its last line.
    /// - Returns: the file's size in bytes; 0 where there is none.
    /// - Throws: `writeFailed`, also for what failed earlier.
    consuming func finish(footer: String) throws(TraceError) -> UInt64 {
        guard var file = consume file else { return 0 }
        file.write(line: footer)
        return try file.finish()
    }
}

/// The digest of some bytes, added in pieces, as a footer states it.
struct TraceDigest {
    private var hash = SHA256()
    private static let lineBreak: [UInt8] = [0x0a]

    /// Adds a line, given without its line break.
    mutating func add(line: UnsafeBufferPointer<UInt8>) {
        unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(line))
        hash.update(data: Self.lineBreak)
    }

    /// In lower-case hexadecimal.
    var text: String { hexadecimal(hash) }
}

/// The digest of what `hash` was given so far. The hash itself goes on.
private func hexadecimal(_ hash: SHA256) -> String {
    var text = ""
    text.reserveCapacity(64)
    for byte in hash.finalize() {
        let digits = String(byte, radix: 16)
        text += byte < 16 ? "0" + digits : digits
    }
    return text
}
