import Trace

/// A trace that is being read: its header, then event by event, then its footer.
final class OpenTrace {
    private static let footerMark = Array(#"{"end":"#.utf8)

    let header: TraceHeader
    /// Known once all events were read; nil in a trace that is cut.
    private(set) var footer: TraceFooter?
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

    /// The next event's line; nil at the end. A trace that is cut ends where it is cut, with a note.
    /// - Throws: `TraceError`.
    func next() throws(TraceError) -> [UInt8]? {
        guard footer == nil else { return nil }
        do {
            if let line = try reader.next() {
                guard line.starts(with: Self.footerMark) else { return line }
                footer = try TraceFooter(line: line, path: reader.path)
                return nil
            }
        } catch let error where error.code == .truncated {}
        Output.complain("note: \(reader.path) is cut; shown is what there is")
        return nil
    }
}
