import Chance
import Scenario

/// The instants at which the requests of one load arrive.
///
/// Gap number k is drawn from k's own identity, so a change of one load moves no other.
struct ArrivalProcess {
    private static let stream = Chance.Stream("arrivals")

    private let seed: UInt64
    private let load: UInt32
    private let isPoisson: Bool
    private let count: UInt64
    private let per: Int64
    private let start: Int64
    private let end: Int64
    /// Of the last arrival that was handed out, in a Poisson process.
    private var instant: Int64
    private(set) var number: UInt64 = 0

    /// - Parameters:
    ///   - load: its place among the loads.
    ///   - end: of all arrivals, nanoseconds of virtual time; a load that ends before ends there.
    /// - Throws: ``FlightError`` for a rate that this version cannot fly.
    init(_ load: Load, at index: Int, seed: UInt64, end: Int64) throws(FlightError) {
        guard case .steady(let rate) = load.rate else {
            throw FlightError(.environment, "load '\(load.name)': ramps are not supported yet")
        }
        self.seed = seed
        self.load = UInt32(index)
        isPoisson = load.arrivals == .poisson
        count = rate.count
        per = rate.per
        start = load.start
        let own = load.duration.map { load.start.addingReportingOverflow($0) }
        self.end = own.map { $0.overflow ? end : min(end, $0.partialValue) } ?? end
        instant = load.start
    }

    /// The next arrival's number, from 0, and instant; nil when there are no more.
    mutating func next() -> (number: UInt64, instant: Int64)? {
        let next = isPoisson ? nextPoisson() : nextConstant()
        guard let next, next < end else { return nil }
        instant = next
        defer { number += 1 }
        return (number, next)
    }

    /// Arrival k at start + k * per / count: no rounding adds up.
    private func nextConstant() -> Int64? {
        let product = number.multipliedFullWidth(by: UInt64(per))
        guard product.high < count else { return nil }
        let (quotient, _) = count.dividingFullWidth(product)
        return Int64(exactly: quotient).flatMap { offset in
            let (sum, overflow) = start.addingReportingOverflow(offset)
            return overflow ? nil : sum
        }
    }

    /// Exponential gaps with mean per / count.
    private func nextPoisson() -> Int64? {
        var chance = Chance(seed: seed, stream: Self.stream, client: load, request: number)
        let mean = Double(per) / Double(count)
        let gap = (-ExactMath.log(chance.unit()) * mean).rounded()
        guard gap < 9e18 else { return nil }
        let (sum, overflow) = instant.addingReportingOverflow(Int64(gap))
        return overflow ? nil : sum
    }
}
