/// A pattern for the paths that a route or a fault applies to.
///
/// Segments are compared byte by byte. `*` matches one whole segment, `**` at the end any number of
/// segments (also none), and `{1..500}` a whole number in that range.
public struct PathPattern: Sendable, Hashable, CustomStringConvertible {
    enum Segment: Sendable, Hashable {
        case literal([UInt8])
        case number(ClosedRange<UInt64>)
        case any
        case rest
    }

    /// The pattern as written.
    public let description: String
    let segments: [Segment]
    /// The path of all segments except the last, if that is `**` and the others are literals:
    /// comparing the beginning of a path is then enough. nil for other patterns.
    private let beginning: [UInt8]?

    /// The reason why a text is not a pattern.
    public struct Malformed: Error, Sendable, Hashable, CustomStringConvertible {
        /// The reason, worded so that it can be acted on.
        public let description: String
    }

    /// Parses a pattern.
    /// - Parameter text: a pattern such as `/v1/users/*`.
    /// - Throws: ``Malformed`` if the text does not begin with a slash, or a range or `**` is
    ///   wrong.
    public init(_ text: String) throws(Malformed) {
        guard text.utf8.first == UInt8(ascii: "/") else {
            throw Malformed(description: "a path begins with '/'")
        }
        var segments: [Segment] = []
        let parts = text.utf8.dropFirst().split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            switch String(part) ?? "" {
            case "*": segments.append(.any)
            case "**":
                guard index == parts.count - 1 else {
                    throw Malformed(description: "'**' stands at the end of a path only")
                }
                segments.append(.rest)
            case let segment where segment.hasPrefix("{"):
                segments.append(.number(try Self.range(segment)))
            default: segments.append(.literal(Array(part)))
            }
        }
        self.description = text
        self.segments = segments
        beginning = Self.beginning(segments)
    }

    private static func beginning(_ segments: [Segment]) -> [UInt8]? {
        guard segments.last == .rest else { return nil }
        var beginning: [UInt8] = []
        for segment in segments.dropLast() {
            // A literal with a question mark matches no path, because the query is removed.
            guard case .literal(let bytes) = segment, !bytes.contains(UInt8(ascii: "?")) else {
                return nil
            }
            beginning.append(UInt8(ascii: "/"))
            beginning += bytes
        }
        return beginning
    }

    /// The range that `{1..500}` stands for.
    private static func range(_ text: String) throws(Malformed) -> ClosedRange<UInt64> {
        guard let range = numericRange(text) else {
            throw Malformed(
                description: "'\(text)' is no range; write '{1..500}', the smaller number first")
        }
        return range
    }

    /// The range that `{1..500}` stands for; nil if the text has another form.
    public static func numericRange(_ text: String) -> ClosedRange<UInt64>? {
        guard text.hasPrefix("{"), text.hasSuffix("}") else { return nil }
        let inner = text.dropFirst().dropLast()
        guard let dots = inner.firstRange(of: "..") else { return nil }
        guard let low = number(inner[..<dots.lowerBound].utf8),
            let high = number(inner[dots.upperBound...].utf8), low <= high
        else { return nil }
        return low...high
    }

    /// Whether the path matches. A query is ignored.
    public func matches(_ path: String) -> Bool {
        // Compares the bytes without copying: this is called for every attempt, route and fault
        // with a path.
        let path = path.utf8.span
        let slash = UInt8(ascii: "/")
        if let beginning { return Self.begins(path, with: beginning) }
        var end = 0
        while end < path.count, path[end] != UInt8(ascii: "?") { end += 1 }
        guard end > 0, path[0] == slash else { return false }
        // The start of the next segment; past the end if there is none.
        var start = 1
        for segment in segments {
            if case .rest = segment { return true }
            guard start <= end else { return false }
            var stop = start
            while stop < end, path[stop] != slash { stop += 1 }
            guard Self.matches(segment, path.extracting(start..<stop)) else { return false }
            start = stop + 1
        }
        return start > end
    }

    /// Whether a path of `count` segments that has this text in the segment at `index` can match.
    package func allows(_ text: String, inSegment index: Int, of count: Int) -> Bool {
        guard let segment = segment(index, of: count) else { return false }
        return Self.matches(segment, text.utf8.span)
    }

    /// The numbers that the segment at `index` of a path of `count` segments may hold; nil: none.
    package func numbers(inSegment index: Int, of count: Int) -> ClosedRange<UInt64>? {
        switch segment(index, of: count) {
        case nil: nil
        case .any, .rest: 0...UInt64.max
        case .number(let range): range
        case .literal(let bytes):
            // A number with leading zeros, such as `007`, is not in the usual form.
            Self.number(bytes).flatMap { Array("\($0)".utf8) == bytes ? $0...$0 : nil }
        }
    }

    /// The pattern's segment for one of a path of `count` segments; nil if no path of that length
    /// matches.
    private func segment(_ index: Int, of count: Int) -> Segment? {
        let hasRest = segments.last == .rest
        guard hasRest ? count >= segments.count - 1 : count == segments.count else { return nil }
        return index < segments.count ? segments[index] : .rest
    }

    /// Whether the path without its query is `beginning`, or continues after it with a slash.
    private static func begins(_ path: Span<UInt8>, with beginning: [UInt8]) -> Bool {
        let count = beginning.count
        guard path.count >= count else { return false }
        for index in 0..<count where path[index] != beginning[index] { return false }
        if path.count > count, path[count] == UInt8(ascii: "/") { return true }
        return count > 0 && (path.count == count || path[count] == UInt8(ascii: "?"))
    }

    private static func matches(_ segment: Segment, _ text: Span<UInt8>) -> Bool {
        switch segment {
        case .any: return !text.isEmpty
        case .literal(let bytes):
            guard bytes.count == text.count else { return false }
            for index in bytes.indices where bytes[index] != text[index] { return false }
            return true
        case .number(let range): return number(text).map { range.contains($0) } ?? false
        case .rest: return true
        }
    }

    /// The number that a text of digits stands for. `Int` would also accept `+1`.
    private static func number(_ text: some Collection<UInt8>) -> UInt64? {
        number(Array(text).span)
    }

    private static func number(_ text: Span<UInt8>) -> UInt64? {
        guard !text.isEmpty else { return nil }
        var number: UInt64 = 0
        for index in text.indices {
            let byte = text[index]
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            number = sum
        }
        return number
    }
}
