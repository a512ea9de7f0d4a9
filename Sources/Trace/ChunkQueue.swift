/// Passes full chunks of lines from the writing thread to the compressing thread, and empty chunks back.
///
/// The number of chunks is fixed, so memory is bounded, and a writer that is faster than the compression waits.
final class ChunkQueue: @unchecked Sendable {
    /// Number of chunks; two megabytes in all.
    static let chunkCount = 8

    /// A chunk that waits for the compressing thread.
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
        // Memory that was never written to only costs address space.
        for _ in 0..<Self.chunkCount { empty.append(LineBuffer().take()) }
    }

    deinit {
        for entry in waiting { _ = LineBuffer(entry.chunk) }
        for chunk in empty { _ = LineBuffer(chunk) }
    }

    /// Adds `full` to the queue. Waits while no chunk is empty.
    /// - Returns: an empty buffer in its place.
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

    /// Closes the queue: nothing is added any more.
    func close() {
        monitor.locked {
            isClosed = true
            monitor.wake()
        }
    }

    /// Removes the oldest chunk. Waits until there is one.
    /// - Returns: the chunk; nil: the queue is closed and empty.
    func next() -> Entry? {
        monitor.locked {
            monitor.wait { isClosed || !waiting.isEmpty }
            return waiting.isEmpty ? nil : waiting.removeFirst()
        }
    }

    /// Returns a chunk for reuse.
    func recycle(_ chunk: Chunk) {
        var buffer = LineBuffer(chunk)
        // All chunks must have the same size: smaller ones would not do, and larger ones would take more memory.
        if buffer.capacity != LineBuffer.chunkCapacity { buffer = LineBuffer() }
        buffer.removeAll()
        let spare = buffer.take()
        monitor.locked {
            empty.append(spare)
            monitor.wake()
        }
    }
}
