/// How far the delays that a live flight delivered were from those that were decided.
public struct DeliveryFigures: Sendable, Hashable {
    /// Delivered minus decided, in milliseconds, at these ranks (nearest rank); nil without samples.
    public var p50: Double?
    /// 99 % were no later.
    public var p99: Double?
    /// The latest.
    public var max: Double?
    /// Exchanges that ended as decided, in their time.
    public var samples: UInt64
    /// Exchanges that ended otherwise than decided, because the machine was slower than the model: an
    /// answer that was decided for just before the timeout and came after it.
    public var raced: UInt64

    /// Figures.
    public init(p50: Double?, p99: Double?, max: Double?, samples: UInt64, raced: UInt64) {
        (self.p50, self.p99, self.max) = (p50, p99, max)
        (self.samples, self.raced) = (samples, raced)
    }
}

/// Collects them.
struct Deliveries {
    /// In microseconds.
    private var lateness: [Int32] = []
    var raced: UInt64 = 0

    /// - Parameter nanoseconds: delivered minus decided.
    mutating func add(_ nanoseconds: Int64) {
        lateness.append(Int32(clamping: (nanoseconds + (nanoseconds > 0 ? 999 : 0)) / 1_000))
    }

    var figures: DeliveryFigures {
        let sorted = lateness.sorted()
        func rank(_ thousandths: Int) -> Double? {
            guard !sorted.isEmpty else { return nil }
            let place = (sorted.count * thousandths + 999) / 1_000
            return Double(sorted[Swift.max(place, 1) - 1]) / 1_000
        }
        return DeliveryFigures(
            p50: rank(500), p99: rank(990), max: rank(1_000), samples: UInt64(sorted.count),
            raced: raced)
    }
}
