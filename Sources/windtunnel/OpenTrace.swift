import Trace

/// Reads a trace: first its header, then its events, then its footer.
final class OpenTrace {
    private static let footerMark = Array(#"{"end":"#.utf8)

    let header: TraceHeader
    /// The footer, available after all events were read. nil in a trace that is cut.
    private(set) var footer: TraceFooter?
    private var reader: TraceReader

    /// Opens a trace and reads its header.
    /// - Throws: `TraceError` if the file cannot be read or does not start with a header.
    init(path: String) throws(TraceError) {
        var reader = try TraceReader(path: path)
        guard let first = try reader.next() else {
            throw TraceError(code: .empty, path: path, message: "is empty")
        }
        header = try TraceHeader(line: first, path: path)
        self.reader = reader
    }

    /// Reads the next event's line; nil at the end. If the trace is cut, it ends there, and a note
    /// is printed to standard error.
    /// - Throws: `TraceError` if the file cannot be read or is damaged.
    func next() throws(TraceError) -> [UInt8]? {
        guard footer == nil else { return nil }
        do {
            if let line = try reader.next() {
                guard line.starts(with: Self.footerMark) else { return line }
                footer = try TraceFooter(line: line, path: reader.path)
                return nil
            }
        } catch let error where error.code == .truncated {}
        Output.complain("note: \(reader.path) is cut; only the part before the cut is shown")
        return nil
    }
}
