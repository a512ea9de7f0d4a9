extension DistributionSampler {
    /// The probability that the sum of independent draws from these distributions exceeds `x`.
    ///
    /// The result is exact if at most one distribution is not fixed. Otherwise the distribution
    /// that is most likely to exceed `x` stays exact. Each other one is represented by the
    /// midpoints of cells of equal probability: 1,024 for two distributions, 256 for more, finer at
    /// both ends. The error is at most half a cell for each represented distribution and sum; for
    /// sums of two, three and four exponential distributions it was measured below 0.00005, 0.0002
    /// and 0.0003.
    /// - Parameters:
    ///   - distributions: any number of distributions; no distributions add up to 0.
    ///   - x: a duration in nanoseconds.
    /// - Returns: 0 to 1.
    public static func sumExceeding(_ distributions: [DistributionSampler], _ x: Int64) -> Double {
        var room = x
        var random: [DistributionSampler] = []
        for distribution in distributions {
            if room < 0 { return 1 }
            if case .fixed(let duration) = distribution.root {
                room -= duration
            } else {
                random.append(distribution)
            }
        }
        if room < 0 { return 1 }
        guard var exact = random.indices.first else { return 0 }
        if random.count == 1 { return random[exact].exceeding(room) }
        let tails = random.map { $0.exceeding(room) }
        for index in tails.indices where tails[index] > tails[exact] { exact = index }
        let last = random.remove(at: exact)

        let cells = random.count == 1 ? 1024 : 256
        var certain = 0.0
        var points = [Point(value: 0, weight: 1)]
        for distribution in random {
            points = sums(points, distribution.points(cells), upTo: room, certain: &certain)
            // Only sums of sums have many points.
            if points.count > 4 * cells { points = merged(points, cells: cells) }
        }
        let sum = points.reduce(certain) { $0 + $1.weight * last.exceeding(room - $1.value) }
        return min(sum, 1)
    }

    /// A duration that represents a share of a distribution.
    private struct Point {
        var value: Int64
        var weight: Double
    }

    /// The midpoints and widths of cells that partition 0...1, in ascending order. There are
    /// `cells` equal ones; the first and the last are halved repeatedly towards their end, so that
    /// rare durations are represented.
    private static func grid(_ cells: Int) -> [(middle: Double, width: Double)] {
        let width = 1 / Double(cells)
        var low = [(middle: width * 0x1p-13, width: width * 0x1p-12)]
        for halvings in (1...12).reversed() {
            let part = width / Double(1 << halvings)
            low.append((middle: 1.5 * part, width: part))
        }
        let equal = (1..<cells - 1).map { (middle: (Double($0) + 0.5) * width, width: width) }
        return low + equal + low.reversed().map { (middle: 1 - $0.middle, width: $0.width) }
    }

    /// The durations at the midpoints of about `cells` cells, with the cells' widths as weights.
    private func points(_ cells: Int) -> [Point] {
        var points: [Point] = []
        addPoints(of: root, weight: 1, cells: cells, to: &points)
        return points
    }

    private func addPoints(of node: Node, weight: Double, cells: Int, to points: inout [Point]) {
        switch node {
        case .fixed(let duration): points.append(Point(value: duration, weight: weight))
        case .choice(let first, let count):
            let all = Double(alternatives[first + count - 1].tickets)
            var before: UInt64 = 0
            for alternative in alternatives[first..<first + count] {
                let share = Double(alternative.tickets - before) / all
                if share == 0 { continue }
                before = alternative.tickets
                addPoints(of: alternative.node, weight: weight * share, cells: cells, to: &points)
            }
        default:
            // A distribution with a small weight gets fewer cells, but they are no coarser within
            // the whole.
            for cell in Self.grid(max(8, Int(weight * Double(cells)) + 1)) {
                let value = Self.value(of: node, at: cell.middle)
                points.append(Point(value: value, weight: weight * cell.width))
            }
        }
    }

    /// The sums of all pairs of points up to `room`; the weight of the other pairs is added to
    /// `certain`.
    private static func sums(
        _ left: [Point], _ right: [Point], upTo room: Int64, certain: inout Double
    ) -> [Point] {
        var sums: [Point] = []
        for a in left {
            for b in right {
                let weight = a.weight * b.weight
                // Both values are at most `longest`, or at most `room`, so neither side overflows.
                if b.value > room - a.value {
                    certain += weight
                } else {
                    sums.append(Point(value: a.value + b.value, weight: weight))
                }
            }
        }
        return sums
    }

    /// Fewer points for the same distribution: those at the midpoints of about `cells` cells.
    private static func merged(_ points: [Point], cells: Int) -> [Point] {
        // Sorted by weight too, so that the order of points with equal values does not matter.
        let sorted = points.sorted { ($0.value, $0.weight) < ($1.value, $1.weight) }
        let whole = sorted.reduce(0) { $0 + $1.weight }
        var (next, position) = (0, 0.0)
        return grid(cells).map { cell in
            // The first point at which the cumulative weight reaches the middle of the cell.
            while next < sorted.count - 1 && position + sorted[next].weight < cell.middle * whole {
                position += sorted[next].weight
                next += 1
            }
            return Point(value: sorted[next].value, weight: whole * cell.width)
        }
    }
}
