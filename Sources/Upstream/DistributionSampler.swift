public import KeyedChance

/// A ``Distribution`` prepared for drawing.
///
/// Constants are computed once, and nested distributions are stored in one array, so that a draw
/// follows no references. Shares are exact: they are brought to their common denominator or, if
/// that exceeds 64 bits, rounded to 2^-40. Shares that do not add up to 1 are scaled in proportion.
///
/// Invalid distributions do not trap. A negative duration counts as 0 and a mixture without shares
/// is always 0. A lognormal distribution whose `p99` is not above its median has no spread, nor has
/// a Pareto distribution whose `alpha` is not above 0.
public struct DistributionSampler: Sendable {
    /// The longest duration that is drawn: ten years in nanoseconds. Longer ones are clamped to it.
    public static let longest: Int64 = 315_576_000_000_000_000

    /// A distribution without references; `choice` stands for a range of ``alternatives``.
    enum Node: Sendable, Hashable {
        case fixed(Int64)
        case uniform(from: Int64, to: Int64)
        case exponential(mean: Double)
        case lognormal(median: Double, sigma: Double)
        case pareto(min: Double, alpha: Double)
        case choice(first: Int, count: Int)
    }

    /// One of the distributions of a choice. The number of its tickets is its weight.
    struct Alternative: Sendable, Hashable {
        /// The number of tickets of this alternative and of those before it in the same choice.
        var tickets: UInt64
        var node: Node
    }

    let root: Node
    let alternatives: [Alternative]

    /// Whether every draw gives the same duration.
    var isFixed: Bool { if case .fixed = root { true } else { false } }

    /// Prepares a distribution.
    /// - Parameter distribution: any distribution; see the type for invalid ones.
    public init(_ distribution: Distribution) {
        var alternatives: [Alternative] = []
        root = Self.node(distribution, &alternatives)
        self.alternatives = alternatives
    }

    /// Draws a duration in whole nanoseconds, rounded to the nearest, from 0 to ``longest``.
    public func sample(_ chance: inout Chance) -> Int64 {
        var node = root
        while case .choice(let first, let count) = node {
            let ticket = chance.below(alternatives[first + count - 1].tickets)
            node = alternatives[index(of: ticket, first: first, count: count)].node
        }
        switch node {
        case .fixed(let duration): return duration
        case .uniform(let from, let to): return min(chance.within(from...to), Self.longest)
        default: return Self.value(of: node, at: chance.unit())
        }
    }

    /// The probability that a draw is longer than `x`.
    ///
    /// It is the probability of the mathematical distribution, taking into account that draws are
    /// rounded. Actual draws have 2^52 steps, so events rarer than 2^-53 do not happen.
    /// - Parameter x: a duration in nanoseconds.
    /// - Returns: 0 to 1.
    public func exceeding(_ x: Int64) -> Double {
        if x < 0 { return 1 }
        if x >= Self.longest { return 0 }
        return exceeding(x, root)
    }
}

// MARK: - Drawing

extension DistributionSampler {
    /// The quantile `u` of a continuous distribution in nanoseconds, rounded, at most ``longest``.
    ///
    /// `u` is strictly between 0 and 1.
    static func value(of node: Node, at u: Double) -> Int64 {
        switch node {
        case .fixed(let duration): return duration
        case .uniform(let from, let to):
            let count = Double(UInt64(to - from) + 1)
            return min(from + min(whole(u * count), to - from), longest)
        // u and 1 - u are equally distributed; the one is used that gives long durations the finer
        // steps.
        case .exponential(let mean): return rounded(-mean * ExactMath.log(u))
        case .lognormal(let median, let sigma):
            return rounded(median * ExactMath.exp(sigma * ExactMath.normalQuantile(u)))
        case .pareto(let min, let alpha):
            return rounded(min * ExactMath.exp(-ExactMath.log(u) / alpha))
        case .choice: return 0
        }
    }

    /// The alternative that holds a ticket: the first one whose tickets end after it.
    private func index(of ticket: UInt64, first: Int, count: Int) -> Int {
        var (low, high) = (first, first + count - 1)
        while low < high {
            let middle = low + (high - low) / 2
            if ticket < alternatives[middle].tickets { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// The nearest whole number, halves rounded up, from 0 to ``longest``.
    private static func rounded(_ value: Double) -> Int64 {
        let down = whole(value)
        return value - Double(down) >= 0.5 && down < longest ? down + 1 : down
    }

    /// `value` without its fraction, from 0 to ``longest``.
    private static func whole(_ value: Double) -> Int64 {
        value < Double(longest) ? (value > 0 ? Int64(value) : 0) : longest
    }
}

// MARK: - Probability

extension DistributionSampler {
    /// The public function for `x` from 0 to below ``longest``.
    private func exceeding(_ x: Int64, _ node: Node) -> Double {
        // Draws above this edge are longer than x; those below are rounded to x or less.
        let edge = Double(x) + 0.5
        switch node {
        case .fixed(let duration): return duration > x ? 1 : 0
        case .uniform(let from, let to):
            if x < from { return 1 }
            return x >= to ? 0 : Double(to - x) / Double(UInt64(to - from) + 1)
        case .exponential(let mean): return ExactMath.exp(-edge / mean)
        case .lognormal(let median, let sigma):
            return ExactMath.normalDistribution(-ExactMath.log(edge / median) / sigma)
        case .pareto(let min, let alpha):
            return edge <= min ? 1 : ExactMath.exp(-alpha * ExactMath.log(edge / min))
        case .choice(let first, let count):
            var (sum, before) = (0.0, UInt64(0))
            for alternative in alternatives[first..<first + count] {
                let tickets = Double(alternative.tickets - before)
                sum += tickets * exceeding(x, alternative.node)
                before = alternative.tickets
            }
            return sum / Double(before)
        }
    }
}

// MARK: - Preparation

extension DistributionSampler {
    private static func node(_ distribution: Distribution, _ alternatives: inout [Alternative])
        -> Node
    {
        switch distribution {
        case .fixed(let duration): return .fixed(clamped(duration))
        case .uniform(let from, let to): return uniform(from: from, to: to)
        case .exponential(let mean):
            return mean > 0 ? .exponential(mean: Double(mean)) : .fixed(0)
        case .lognormal(let median, let p99):
            guard median > 0 && p99 > median else { return .fixed(clamped(median)) }
            let spread = ExactMath.log(Double(p99) / Double(median))
            return .lognormal(
                median: Double(median), sigma: spread / ExactMath.normalQuantile(0.99))
        case .pareto(let min, let alpha):
            guard min > 0 && alpha > 0 else { return .fixed(clamped(min)) }
            return .pareto(min: Double(min), alpha: alpha)
        case .mixture(let components):
            return choice(components.map(\.share), &alternatives) { index, alternatives in
                node(components[index].distribution, &alternatives)
            }
        case .empirical(let bins):
            return choice(bins.map(\.share), &alternatives) { index, _ in
                // A bin covers the durations above the previous bin's end; the first bin includes
                // 0.
                let above = index == 0 ? -1 : max(-1, bins[index - 1].upto)
                let upto = bins[index].upto
                return upto > above ? uniform(from: above + 1, to: upto) : .fixed(clamped(upto))
            }
        }
    }

    private static func clamped(_ duration: Int64) -> Int64 { max(0, min(duration, longest)) }

    private static func uniform(from: Int64, to: Int64) -> Node {
        let from = max(0, from)
        return to > from ? .uniform(from: from, to: to) : .fixed(clamped(from))
    }

    /// Stores the alternatives of a choice next to each other, and those nested in them after
    /// these.
    private static func choice(
        _ shares: [Ratio], _ alternatives: inout [Alternative],
        _ node: (Int, inout [Alternative]) -> Node
    ) -> Node {
        let tickets = tickets(shares) ?? roundedTickets(shares)
        guard let all = tickets.last, all > 0 else { return .fixed(0) }
        let first = alternatives.count
        alternatives += tickets.map { Alternative(tickets: $0, node: .fixed(0)) }
        for index in tickets.indices {
            alternatives[first + index].node = node(index, &alternatives)
        }
        return .choice(first: first, count: tickets.count)
    }

    /// The cumulative shares over their least common denominator. nil if that exceeds 64 bits,
    /// which does not happen for decimal shares of up to 19 digits.
    private static func tickets(_ shares: [Ratio]) -> [UInt64]? {
        var common: UInt64 = 1
        for share in shares {
            // In lowest terms the new denominator is the factor that the common one lacks.
            let lacking = Ratio(common, of: share.denominator).denominator
            let (product, overflow) = common.multipliedReportingOverflow(by: lacking)
            if overflow { return nil }
            common = product
        }
        var tickets: [UInt64] = []
        var sum: UInt64 = 0
        for share in shares {
            let (own, tooMany) = share.numerator
                .multipliedReportingOverflow(by: common / share.denominator)
            let (next, overflow) = sum.addingReportingOverflow(own)
            if tooMany || overflow { return nil }
            sum = next
            tickets.append(sum)
        }
        return tickets
    }

    /// The cumulative shares rounded to 2^-40, with at least one ticket for each share that is not
    /// 0.
    private static func roundedTickets(_ shares: [Ratio]) -> [UInt64] {
        var sum: UInt64 = 0
        return shares.map { share in
            if share.numerator > 0 {
                let product = min(share.numerator, share.denominator)
                    .multipliedFullWidth(by: 1 << 40)
                sum += max(1, share.denominator.dividingFullWidth(product).quotient)
            }
            return sum
        }
    }
}
