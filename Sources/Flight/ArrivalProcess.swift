import KeyedChance
import ScenarioFile
import Upstream

/// The arrival instants of one load's requests.
///
/// Gap k is drawn from a key of its own (load and k), so changing one load leaves the other loads' arrivals as
/// they are.
struct ArrivalProcess {
    private static let stream = Chance.Stream("arrivals")

    /// How the number of an arrival is turned into an instant.
    private enum Pace {
        /// Evenly spaced: arrival k comes at k * per / count, computed in integers so that no rounding error
        /// accumulates.
        case even(count: UInt64, per: Int64)
        /// Exponential gaps with this mean, in nanoseconds.
        case poisson(mean: Double)
        /// The rate changes linearly; see ``Ramp``.
        case ramp(Ramp, isPoisson: Bool)
    }

    private let family: Chance.Family
    private let load: UInt32
    private let pace: Pace
    private let start: Int64
    private let end: Int64
    /// Offset of the last arrival that was returned, in nanoseconds since the load's start.
    private var offset: Int64 = 0
    /// Ramps only: the number of arrivals expected up to the last one.
    private var expected = 0.0
    private(set) var number: UInt64 = 0

    /// The arrivals of the open load at `index` in the scenario. A closed load has none.
    ///
    /// They end at `end`, in nanoseconds of virtual time, or with the load's own duration if that is earlier.
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

    /// The next arrival's number (counted from 0) and instant in nanoseconds; nil: there are no more.
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

    /// An exponentially distributed number with mean 1, for the gap before the next arrival.
    private func exponential() -> Double {
        var chance = Chance(family, client: load, request: number)
        return -ExactMath.log(chance.unit())
    }

    private static func whole(_ nanoseconds: Double) -> Int64? {
        nanoseconds < 9e18 ? Int64(nanoseconds.rounded()) : nil
    }
}

/// A request rate that changes linearly from one value to another.
struct Ramp {
    /// `from`: arrivals per nanosecond at the start. `slope`: change of that rate per nanosecond.
    private let from: Double
    private let slope: Double

    init(from: RequestRate, to: RequestRate, over duration: Int64) {
        self.from = Double(from.count) / Double(from.per)
        slope = (Double(to.count) / Double(to.per) - self.from) / Double(max(1, duration))
    }

    /// The rate at `offset` nanoseconds after the start, in arrivals per nanosecond.
    func rate(at offset: Int64) -> Double { from + slope * Double(offset) }

    /// The offset from the start, in ns, at which `expected` arrivals are expected; nil: a falling rate reaches
    /// zero before. Solves from * t + slope * t^2 / 2 = expected with the form of the quadratic formula that
    /// stays exact for a small slope.
    func offset(expecting expected: Double) -> Double? {
        let square = from * from + 2 * slope * expected
        guard square >= 0 else { return nil }
        let divisor = from + square.squareRoot()
        return divisor > 0 ? 2 * expected / divisor : expected == 0 ? 0 : nil
    }
}
