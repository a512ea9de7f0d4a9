#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Compares two traces.
public enum TraceDiff {
    /// The result of a comparison.
    public struct Comparison: Sendable, Hashable {
        /// Whether the header lines differ: another scenario, seed, mode or version.
        public var headersDiffer: Bool
        /// Number of equal event lines before the first difference; all lines if there is none.
        public var equalLines: UInt64
        /// The first event lines that differ; nil: none differ.
        public var difference: Difference?
    }

    /// Two different lines at the same position.
    public struct Difference: Sendable, Hashable {
        /// The number of the line in both files, from 1; the header is line 1.
        public var line: UInt64
        /// The line of the first file, without its line break; nil: the file has no more events.
        public var left: String?
        /// The line of the second file, without its line break; nil: the file has no more events.
        public var right: String?
        /// The header line of the first file, without its line break.
        public var leftHeader: [UInt8]
        /// The header line of the second file, without its line break.
        public var rightHeader: [UInt8]
    }

    /// Finds the first difference between the event lines of two traces. Footers are not compared.
    /// - Throws: errors of `TraceReader` before any difference; `notTrace`.
    public static func firstDifference(
        _ left: String, _ right: String
    ) throws(TraceError) -> Comparison {
        var one = try Side(path: left)
        var other = try Side(path: right)
        var comparison = Comparison(headersDiffer: one.header != other.header, equalLines: 0)
        while true {
            let (hasOne, hasOther) = (try one.advance(), try other.advance())
            if !hasOne && !hasOther { return comparison }
            if hasOne && hasOther && one.equals(other) {
                comparison.equalLines += 1
                continue
            }
            comparison.difference = Difference(
                line: comparison.equalLines + 2, left: hasOne ? one.text : nil,
                right: hasOther ? other.text : nil, leftHeader: one.header,
                rightHeader: other.header)
            return comparison
        }
    }
}

/// The event lines of one of the files.
private struct Side: ~Copyable {
    let header: [UInt8]
    private var reader: TraceReader
    private var isEnded = false

    init(path: String) throws(TraceError) {
        var reader = try TraceReader(path: path)
        guard let header = try reader.next(), TraceHeader.isHeader(header.span) else {
            throw TraceError(
                code: .notTrace, path: path, message: "is not a trace: it has no header", line: 1)
        }
        self.header = header
        self.reader = reader
    }

    /// - Returns: whether there is a further event line.
    mutating func advance() throws(TraceError) -> Bool {
        if isEnded { return false }
        let hasLine = try reader.advance()
        let isFooter = unsafe reader.withLine { TraceFooter.isFooter(unsafe $0.span) }
        isEnded = !hasLine || isFooter
        return !isEnded
    }

    var text: String {
        unsafe reader.withLine { unsafe String(decoding: $0, as: UTF8.self) }
    }

    func equals(_ other: borrowing Side) -> Bool {
        unsafe reader.withLine { mine in
            unsafe other.reader.withLine { others in
                guard mine.count == others.count else { return false }
                guard let one = mine.baseAddress, let two = others.baseAddress else {
                    return true
                }
                return unsafe memcmp(one, two, mine.count) == 0
            }
        }
    }
}
