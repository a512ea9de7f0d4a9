import Upstream

/// A path with ranges, such as `/v1/users/{1..500}`, from which each request draws its own.
struct PathTemplate: Sendable {
    private enum Segment: Sendable {
        case literal(String)
        case range(ClosedRange<UInt64>)

        var count: UInt64 {
            switch self {
            case .literal: 1
            // A range of all 2^64 numbers has one more than fits; the last is never drawn.
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
        // Empty segments are as good as others: `/users/` is another path than `/users`.
        segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
            segment in
            PathPattern.numericRange(String(segment)).map { .range($0) }
                ?? .literal(String(segment))
        }
    }

    /// Whether some path is one of both.
    func overlaps(_ other: PathTemplate) -> Bool {
        segments.count == other.segments.count
            && zip(segments, other.segments).allSatisfy { $0.overlaps($1) }
    }

    /// How many paths there are; nil where the number does not fit.
    var count: UInt64? {
        var product: UInt64 = 1
        for segment in segments {
            let (next, overflow) = product.multipliedReportingOverflow(by: segment.count)
            if overflow { return nil }
            product = next
        }
        return product
    }

    /// One of them; `choose` says which of so many, for each range.
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

    /// One path of each kind that patterns tell apart, in the order of their first ones, and how many of all
    /// paths are of it. Of more than ten thousand paths as many are looked at, evenly spread.
    func kinds(by patterns: [PathPattern]) -> [(path: String, share: Double)] {
        let count = count ?? .max
        let looked = min(count, 10_000)
        var kinds: [(path: String, count: UInt64)] = []
        var places: [[Bool]: Int] = [:]
        for index in 0..<(patterns.isEmpty ? 1 : looked) {
            let path = path(looked.dividingFullWidth(count.multipliedFullWidth(by: index)).quotient)
            let matches = patterns.map { $0.matches(path) }
            if let place = places[matches] {
                kinds[place].count += 1
            } else {
                places[matches] = kinds.count
                kinds.append((path, 1))
            }
        }
        let total = kinds.reduce(0) { $0 + $1.count }
        return kinds.map { ($0.path, Double($0.count) / Double(total)) }
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
