import KeyedChance
import ScenarioFile
import Upstream

/// The instants at which the requests of one load arrive.
///
/// Gap number k is drawn from k's own identity, so a change of one load moves no other.
struct ArrivalProcess {
    private static let stream = Chance.Stream("arrivals")

    /// How an arrival's number becomes an instant.
    private enum Pace {
        /// Arrival k at k * per / count: whole numbers, so that no rounding adds up.
        case even(count: UInt64, per: Int64)
        /// Exponential gaps; the mean in nanoseconds.
        case poisson(mean: Double)
        /// A rate that changes evenly; see ``Ramp``.
        case ramp(Ramp, isPoisson: Bool)
    }

    private let family: Chance.Family
    private let load: UInt32
    private let pace: Pace
    private let start: Int64
    private let end: Int64
    /// Of the last arrival that was handed out, in nanoseconds since the start.
    private var offset: Int64 = 0
    /// How many arrivals a ramp expects up to the last one: its own measure of time.
    private var expected = 0.0
    private(set) var number: UInt64 = 0

    /// The arrivals of the open load at place `index` among the loads; of a closed one there are none.
    ///
    /// All arrivals end at `end`, in nanoseconds of virtual time; a load that ends before ends there.
    init(_ load: Load, at index: Int, seed: UInt64, end: Int64) {
        family = Chance.Family(seed: seed, stream: Self.stream)
        self.load = UInt32(index)
        start = load.start
        let own = load.duration.map { load.start.addingReportingOverflow($0) }
        self.end = own.map { $0.overflow ? end : min(end, $0.partialValue) } ?? end
        let isPoisson = load.arrivals == .poisson
        pace =
            switch load.rate {
            case .steady(let rate) where isPoisson:
                .poisson(mean: Double(rate.per) / Double(rate.count))
            case .steady(let rate): .even(count: rate.count, per: rate.per)
            case .ramp(let from, let to):
                .ramp(
                    Ramp(from: from, to: to, over: load.duration ?? (end - load.start)),
                    isPoisson: isPoisson)
            case .closed: .even(count: 0, per: 1)
            }
    }

    /// The next arrival's number, from 0, and instant; nil when there are no more.
    mutating func next() -> (number: UInt64, instant: Int64)? {
        guard let offset = nextOffset() else { return nil }
        let (instant, overflow) = start.addingReportingOverflow(offset)
        guard !overflow, instant < end else { return nil }
        self.offset = offset
        defer { number += 1 }
        return (number, instant)
    }

    private mutating func nextOffset() -> Int64? {
        switch pace {
        case .even(let count, let per):
            let product = number.multipliedFullWidth(by: UInt64(per))
            guard product.high < count else { return nil }
            return Int64(exactly: count.dividingFullWidth(product).quotient)
        case .poisson(let mean):
            return Self.whole(exponential() * mean).flatMap { gap in
                let (sum, overflow) = offset.addingReportingOverflow(gap)
                return overflow ? nil : sum
            }
        case .ramp(let ramp, let isPoisson):
            expected = isPoisson ? expected + exponential() : Double(number)
            return ramp.offset(expecting: expected).flatMap { Self.whole($0) }
        }
    }

    /// With mean 1.
    private func exponential() -> Double {
        var chance = Chance(family, client: load, request: number)
        return -ExactMath.log(chance.unit())
    }

    private static func whole(_ nanoseconds: Double) -> Int64? {
        nanoseconds < 9e18 ? Int64(nanoseconds.rounded()) : nil
    }
}

/// A rate that changes evenly from one value to another.
struct Ramp {
    /// Arrivals a nanosecond at the start, and how much that changes in a nanosecond.
    private let from: Double
    private let slope: Double

    init(from: RequestRate, to: RequestRate, over duration: Int64) {
        self.from = Double(from.count) / Double(from.per)
        slope = (Double(to.count) / Double(to.per) - self.from) / Double(max(1, duration))
    }

    /// Arrivals a nanosecond, that far from the start.
    func rate(at offset: Int64) -> Double { from + slope * Double(offset) }

    /// When that many arrivals are to be expected, in nanoseconds from the start; nil where a falling
    /// rate ends before. Solves from * t + slope * t^2 / 2 = expected, in the form of the quadratic
    /// formula that loses nothing for a small slope.
    func offset(expecting expected: Double) -> Double? {
        let square = from * from + 2 * slope * expected
        guard square >= 0 else { return nil }
        let divisor = from + square.squareRoot()
        return divisor > 0 ? 2 * expected / divisor : expected == 0 ? 0 : nil
    }
}
