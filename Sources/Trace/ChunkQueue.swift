/// Hands chunks of lines from whoever writes them to the thread that compresses them, and empty
/// ones back.
///
/// The number of chunks is fixed: memory is bounded, and whoever is faster than the thread waits.
final class ChunkQueue: @unchecked Sendable {
    /// How many chunks wait at most; two megabytes in all.
    static let chunkCount = 8

    /// A chunk that waits for the thread.
    struct Entry {
        var chunk: Chunk
        var route: Route
    }

    // Everything below is guarded by the monitor.
    private let monitor = Monitor()
    private var waiting: [Entry] = []
    private var empty: [Chunk] = []
    private var isClosed = false

    init() {
        waiting.reserveCapacity(Self.chunkCount)
        // Memory that was never written to costs address space only.
        for _ in 0..<Self.chunkCount { empty.append(LineBuffer().take()) }
    }

    deinit {
        for entry in waiting { _ = LineBuffer(entry.chunk) }
        for chunk in empty { _ = LineBuffer(chunk) }
    }

    /// Puts `full` in the queue; waits while all chunks are on their way.
    /// - Returns: an empty buffer for it.
    func exchange(_ full: consuming LineBuffer, to route: Route) -> LineBuffer {
        let chunk = full.take()
        return monitor.locked {
            monitor.wait { isClosed || !empty.isEmpty }
            precondition(!isClosed, "lines were handed over after the trace was finished")
            let spare = empty.removeLast()
            waiting.append(Entry(chunk: chunk, route: route))
            monitor.wake()
            return LineBuffer(spare)
        }
    }

    /// Says that nothing more comes.
    func close() {
        monitor.locked {
            isClosed = true
            monitor.wake()
        }
    }

    /// The oldest chunk; waits for one.
    /// - Returns: nil once the queue is closed and empty.
    func next() -> Entry? {
        monitor.locked {
            monitor.wait { isClosed || !waiting.isEmpty }
            return waiting.isEmpty ? nil : waiting.removeFirst()
        }
    }

    /// Gives a chunk back for reuse.
    func recycle(_ chunk: Chunk) {
        var buffer = LineBuffer(chunk)
        // Nobody shall get a chunk that is too small, and one that grew shall not stay so.
        if buffer.capacity != LineBuffer.chunkCapacity { buffer = LineBuffer() }
        buffer.removeAll()
        let spare = buffer.take()
        monitor.locked {
            empty.append(spare)
            monitor.wake()
        }
    }
}
