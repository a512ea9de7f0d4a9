/// Which paths a route or a fault concerns.
///
/// Segments are compared byte by byte. `*` stands for one whole segment, `**` at the end for any
/// number of segments (also none), and `{1..500}` for a whole number in that range.
public struct PathPattern: Sendable, Hashable, CustomStringConvertible {
    enum Segment: Sendable, Hashable {
        case literal([UInt8])
        case number(ClosedRange<UInt64>)
        case any
        case rest
    }

    /// As written.
    public let description: String
    let segments: [Segment]
    /// What all segments but the last spell, where the last one is `**` and they are literals: then a
    /// look at the beginning of a path is enough.
    private let beginning: [UInt8]?

    /// Why a text is no pattern, in words that a person can act on.
    public struct Malformed: Error, Sendable, Hashable, CustomStringConvertible {
        /// The reason, in words.
        public let description: String
    }

    /// - Parameter text: such as `/v1/users/*`.
    /// - Throws: ``Malformed`` where the text does not begin with a slash, or a range or `**` is wrong.
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
            // No path matches what goes on behind a question mark.
            guard case .literal(let bytes) = segment, !bytes.contains(UInt8(ascii: "?")) else {
                return nil
            }
            beginning.append(UInt8(ascii: "/"))
            beginning += bytes
        }
        return beginning
    }

    /// The two ends of `{1..500}`.
    private static func range(_ text: String) throws(Malformed) -> ClosedRange<UInt64> {
        guard let range = numericRange(text) else {
            throw Malformed(
                description: "'\(text)' is no range; write '{1..500}', the smaller number first")
        }
        return range
    }

    /// The range that `{1..500}` stands for; nil where the text is something else.
    public static func numericRange(_ text: String) -> ClosedRange<UInt64>? {
        guard text.hasPrefix("{"), text.hasSuffix("}") else { return nil }
        let inner = text.dropFirst().dropLast()
        guard let dots = inner.firstRange(of: "..") else { return nil }
        guard let low = number(inner[..<dots.lowerBound].utf8),
            let high = number(inner[dots.upperBound...].utf8), low <= high
        else { return nil }
        return low...high
    }

    /// Whether `path`, a query left out, matches.
    public func matches(_ path: String) -> Bool {
        // Bytes in place: this is asked for every attempt, of every route and fault with a path.
        let path = path.utf8.span
        let slash = UInt8(ascii: "/")
        if let beginning { return Self.begins(path, with: beginning) }
        var end = 0
        while end < path.count, path[end] != UInt8(ascii: "?") { end += 1 }
        guard end > 0, path[0] == slash else { return false }
        // Behind the slash before the segment; past the end when there is no further segment.
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

    /// Whether a path of `count` segments may match that has this text in the one at `index`.
    package func allows(_ text: String, inSegment index: Int, of count: Int) -> Bool {
        guard let segment = segment(index, of: count) else { return false }
        return Self.matches(segment, text.utf8.span)
    }

    /// Which numbers may stand there, as ``allows(_:inSegment:of:)``; nil: none.
    package func numbers(inSegment index: Int, of count: Int) -> ClosedRange<UInt64>? {
        switch segment(index, of: count) {
        case nil: nil
        case .any, .rest: 0...UInt64.max
        case .number(let range): range
        case .literal(let bytes):
            // `007` is no number's usual form.
            Self.number(bytes).flatMap { Array("\($0)".utf8) == bytes ? $0...$0 : nil }
        }
    }

    /// What stands for a segment of a path of `count` segments; nil where no path that long matches.
    private func segment(_ index: Int, of count: Int) -> Segment? {
        let hasRest = segments.last == .rest
        guard hasRest ? count >= segments.count - 1 : count == segments.count else { return nil }
        return index < segments.count ? segments[index] : .rest
    }

    /// Whether the path is that beginning, or goes on behind a slash; its query left out.
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

    /// Digits and nothing else: the standard library's reading of `+1` is no path's.
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
