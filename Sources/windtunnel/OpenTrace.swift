import Trace

/// A trace that is being read: its header, then event by event.
final class OpenTrace {
    let header: TraceHeader
    private var reader: TraceReader

    /// - Throws: `TraceError`.
    init(path: String) throws(TraceError) {
        var reader = try TraceReader(path: path)
        guard let first = try reader.next() else {
            throw TraceError(code: .empty, path: path, message: "is empty")
        }
        header = try TraceHeader(line: first, path: path)
        self.reader = reader
    }

    /// The next line; nil at the end. A trace that is cut ends where it is cut, with a note.
    /// - Throws: `TraceError`.
    func next() throws(TraceError) -> [UInt8]? {
        do {
            return try reader.next()
        } catch where error.code == .truncated {
            Output.complain("note: \(reader.path) is cut; shown is what there is")
            return nil
        }
    }
}
