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

    /// Why a text is no pattern, in words that a person can act on.
    public struct Malformed: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
    }

    /// - Parameter text: such as `/v1/users/*`.
    /// - Throws: ``Malformed`` where the text does not begin with a slash, or a range or `**` is wrong.
    public init(_ text: String) throws(Malformed) {
        guard text.utf8.first == UInt8(ascii: "/") else {
            throw Malformed(description: "a path begins with '/'")
        }
        var segments: [Segment] = []
        let parts = text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
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
    }

    /// The two ends of `{1..500}`.
    private static func range(_ text: String) throws(Malformed) -> ClosedRange<UInt64> {
        guard let range = numericRange(text) else {
            throw Malformed(description: "'\(text)' is no range; write '{1..500}', the smaller number first")
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

    /// Digits only: the standard library takes a sign for part of a number.
    private static func number(_ digits: Substring.UTF8View) -> UInt64? {
        guard let first = digits.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else {
            return nil
        }
        return UInt64(Substring(digits))
    }

    /// Whether `path`, a query left out, matches.
    public func matches(_ path: String) -> Bool {
        var rest = path.utf8[...]
        if let query = rest.firstIndex(of: UInt8(ascii: "?")) { rest = rest[..<query] }
        guard rest.popFirst() == UInt8(ascii: "/") else { return false }
        var atEnd = false
        for segment in segments {
            if case .rest = segment { return true }
            if atEnd { return false }
            let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            guard Self.matches(segment, rest[..<end]) else { return false }
            atEnd = end == rest.endIndex
            rest = atEnd ? rest[end...] : rest[rest.index(after: end)...]
        }
        return atEnd
    }

    private static func matches(_ segment: Segment, _ text: Substring.UTF8View) -> Bool {
        switch segment {
        case .any: return !text.isEmpty
        case .literal(let bytes): return text.elementsEqual(bytes)
        case .number(let range):
            return number(text).map(range.contains) ?? false
        case .rest: return true
        }
    }
}
