import Upstream

/// A path with numeric ranges, such as `/v1/users/{1..500}`, from which each request draws its own path.
struct PathTemplate: Sendable {
    private enum Segment: Sendable {
        case literal(String)
        case range(ClosedRange<UInt64>)

        var count: UInt64 {
            switch self {
            case .literal: 1
            // A range of all 2^64 numbers has one more than fits into UInt64; its last number is never drawn.
            case .range(let range):
                range.upperBound - range.lowerBound == .max
                    ? .max : range.upperBound - range.lowerBound + 1
            }
        }

        func overlaps(_ other: Segment) -> Bool {
            switch (self, other) {
            case (.literal(let one), .literal(let two)): one == two
            case (.range(let one), .range(let two)): one.overlaps(two)
            case (.literal(let text), .range(let range)), (.range(let range), .literal(let text)):
                UInt64(text).map { range.contains($0) } ?? false
            }
        }
    }

    private let segments: [Segment]

    init(_ text: String) {
        // Empty segments count: `/users/` and `/users` are different paths.
        segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
            segment in
            PathPattern.numericRange(String(segment)).map { .range($0) }
                ?? .literal(String(segment))
        }
    }

    /// Whether at least one path belongs to both templates.
    func overlaps(_ other: PathTemplate) -> Bool {
        segments.count == other.segments.count
            && zip(segments, other.segments).allSatisfy { $0.overlaps($1) }
    }

    /// The number of paths; nil: it does not fit into UInt64.
    var count: UInt64? {
        var product: UInt64 = 1
        for segment in segments {
            let (next, overflow) = product.multipliedReportingOverflow(by: segment.count)
            if overflow { return nil }
            product = next
        }
        return product
    }

    /// One of the paths. `choose` is called for each range with its size and returns an index into it.
    func path(_ choose: (UInt64) -> UInt64) -> String {
        var path = ""
        for segment in segments {
            switch segment {
            case .literal(let text): path += "/" + text
            case .range(let range): path += "/\(range.lowerBound + choose(segment.count))"
            }
        }
        return path
    }

    /// A set of paths (so far, prefixes of paths) that match the same patterns.
    private struct Kind {
        var path: String
        /// Its share of all paths, from 0 to 1.
        var share: Double
        var matches: [Bool]

        /// Combines kinds that match the same patterns, in the order of first appearance.
        static func merged(_ kinds: [Kind]) -> [Kind] {
            var merged: [Kind] = []
            var places: [[Bool]: Int] = [:]
            for kind in kinds {
                if let place = places[kind.matches] {
                    merged[place].share += kind.share
                } else {
                    places[kind.matches] = merged.count
                    merged.append(kind)
                }
            }
            return merged
        }
    }

    /// One example path per set of paths that the patterns tell apart, and the share of all paths in that set.
    func kinds(by patterns: [PathPattern]) -> [(path: String, share: Double)] {
        var kinds = [Kind(path: "", share: 1, matches: patterns.map { _ in true })]
        for index in segments.indices {
            let own = Kind.merged(self.kinds(ofSegment: index, by: patterns))
            kinds = Kind.merged(
                kinds.flatMap { kind in
                    own.map { segment in
                        Kind(
                            path: kind.path + "/" + segment.path, share: kind.share * segment.share,
                            matches: zip(kind.matches, segment.matches).map { $0 && $1 })
                    }
                })
        }
        return kinds.map { ($0.path, $0.share) }
    }

    /// Splits a segment's range at the bounds of the ranges that the patterns have there.
    private func kinds(ofSegment index: Int, by patterns: [PathPattern]) -> [Kind] {
        switch segments[index] {
        case .literal(let text):
            let matches = patterns.map {
                $0.allows(text, inSegment: index, of: segments.count)
            }
            return [Kind(path: text, share: 1, matches: matches)]
        case .range(let range):
            let asked = patterns.map { $0.numbers(inSegment: index, of: segments.count) }
            let edges = asked.compactMap { $0 }.flatMap { [$0.lowerBound, $0.upperBound &+ 1] }
            let starts =
                [range.lowerBound]
                + Set(edges).filter { range.contains($0) && $0 > range.lowerBound }.sorted()
            return starts.indices.map { place in
                let start = starts[place]
                let next = place + 1 < starts.count ? starts[place + 1] - 1 : range.upperBound
                return Kind(
                    path: "\(start)",
                    share: (Double(next - start) + 1)
                        / (Double(range.upperBound - range.lowerBound) + 1),
                    matches: asked.map { $0?.contains(start) ?? false })
            }
        }
    }

    /// The path of a number below ``count``.
    func path(_ number: UInt64) -> String {
        var rest = number
        return path { count in
            defer { rest /= count }
            return rest % count
        }
    }
}
