import Platform
import Synchronization

/// Writes one trace: hashes, compresses and writes chunks of lines on its own thread.
///
/// Memory is bounded: if chunks arrive faster than they can be written, the call that hands over a chunk waits.
/// A writer that is released without `finish` ends its thread and leaves a file that reads as cut.
public final class TraceWriter: Sendable {
    /// Used only by the thread while it runs, and only by `finish` after the thread was joined.
    private final class Worker: @unchecked Sendable {
        let queue = ChunkQueue()
        var stream: TraceStream?

        init(_ stream: consuming TraceStream) { self.stream = consume stream }

        func run() {
            while let entry = queue.next() {
                let chunk = entry.chunk
                let text = unsafe UnsafeBufferPointer(start: chunk.base, count: chunk.used)
                unsafe stream?.add(text, lines: chunk.lines, to: entry.route)
                queue.recycle(chunk)
            }
        }
    }

    private let worker: Worker
    private let thread: Mutex<SystemThread?>
    private let path: String?

    /// Creates the file, writes the header and starts the thread.
    /// - Parameters:
    ///   - path: the path of the file, in an existing folder. nil: only the digest is computed.
    ///   - header: one JSON object without a line break; see `TraceHeader`.
    /// - Throws: `malformed`, `openFailed`, `isDirectory`, `writeFailed`, `outOfMemory`, `threadFailed`.
    public init(path: String?, header: String) throws(TraceError) {
        try Self.check(header, "header", path)
        let worker = Worker(try TraceStream(path: path, header: header))
        do {
            thread = Mutex(try SystemThread { worker.run() })
        } catch {
            throw TraceError(
                code: .threadFailed, path: "",
                message: "no thread could be started: \(error.text)")
        }
        self.worker = worker
        self.path = path
    }

    deinit {
        guard let thread = thread.withLock({ $0.take() }) else { return }
        worker.queue.close()
        thread.join()
    }

    // MARK: - Lines

    /// Hands over complete lines for the digest and the file; `lines` is empty afterwards.
    ///
    /// Cheap: the memory is passed on without copying. Waits while all eight chunks are in use. Call it when
    /// `isFull` is true, not after each line, and never after `finish`.
    public func write(_ lines: inout LineBuffer) { hand(over: &lines, to: .both) }

    /// Hands over complete lines for the digest only; `lines` is empty afterwards.
    public func digest(_ lines: inout LineBuffer) { hand(over: &lines, to: .digest) }

    /// Hands over complete lines for the file only; `lines` is empty afterwards.
    ///
    /// The file then differs from the stream, and the footer states the number and digest of its lines.
    public func store(_ lines: inout LineBuffer) {
        if path == nil { lines.removeAll() } else { hand(over: &lines, to: .file) }
    }

    private func hand(over lines: inout LineBuffer, to route: Route) {
        guard lines.count > 0 else { return }
        precondition(lines.endsWithLine, "lines are handed over whole")
        // The temporary buffer has one byte and is released at once.
        let full = exchange(&lines, with: LineBuffer(capacity: 1))
        lines = worker.queue.exchange(full, to: route)
    }

    // MARK: - The end

    /// Waits until everything handed over is written, adds the footer and closes the file.
    /// - Parameter footer: receives the digest and the number of the stream's lines; returns one JSON object
    ///   without a line break; see `TraceFooter`. If the file differs from the stream, `written` and
    ///   `written_digest` are added to it.
    /// - Returns: the digest in lower-case hexadecimal, the number of the stream's lines, their bytes, and the
    ///   size of the file in bytes.
    /// - Throws: `writeFailed`, also for an earlier error; `malformed`; `finished` if it is called again.
    @discardableResult
    public func finish(
        footer: (_ digest: String, _ lines: UInt64) -> String
    ) throws(TraceError) -> (
        digest: String, lines: UInt64, bytesUncompressed: UInt64, bytesCompressed: UInt64
    ) {
        guard let thread = thread.withLock({ $0.take() }) else {
            throw TraceError(
                code: .finished, path: path ?? "", message: "the trace was finished before")
        }
        worker.queue.close()
        thread.join()
        guard let stream = worker.stream.take() else {
            preconditionFailure("the stream is taken once, by whoever took the thread")
        }
        let (digest, lines, bytes) = (stream.digest, stream.lines, stream.bytes)
        var line = footer(digest, lines)
        try Self.check(line, "footer", path)
        if let written = stream.written, let end = line.utf8.lastIndex(of: UInt8(ascii: "}")) {
            // Only a footer without members needs no comma.
            let comma = line.utf8.contains(UInt8(ascii: ":")) ? "," : ""
            let count = "\"written\":\(written.lines)"
            let digest = "\"written_digest\":\"\(written.digest)\""
            line.replaceSubrange(end..., with: "\(comma)\(count),\(digest)}")
        }
        let size = try stream.finish(footer: line)
        return (digest, lines, bytes, size)
    }

    private static func check(_ line: String, _ name: String, _ path: String?) throws(TraceError) {
        let bytes = Array(line.utf8)
        if !bytes.contains(0x0a), JSONText.members(of: bytes.span) != nil { return }
        throw TraceError(
            code: .malformed, path: path ?? "",
            message: "the \(name) is not one JSON object on one line")
    }
}
