/// The differences between delivered and decided delays in a live flight.
public struct DeliveryFigures: Sendable, Hashable {
    /// Median of delivered minus decided delay, in milliseconds, by nearest rank; nil: no samples.
    public var p50: Double?
    /// 99th percentile of the same difference, in milliseconds; nil: no samples.
    public var p99: Double?
    /// Largest difference, in milliseconds; nil: no samples.
    public var max: Double?
    /// Number of exchanges that ended as decided, before their timeout.
    public var samples: UInt64
    /// Number of exchanges that ended differently because the machine was slower than the model, such as an
    /// answer that was decided just before the timeout and arrived after it.
    public var raced: UInt64

    /// Makes the figures from their values.
    public init(p50: Double?, p99: Double?, max: Double?, samples: UInt64, raced: UInt64) {
        (self.p50, self.p99, self.max) = (p50, p99, max)
        (self.samples, self.raced) = (samples, raced)
    }
}

/// Collects the differences between delivered and decided delays.
struct Deliveries {
    /// Delivered minus decided delays, in microseconds.
    private var lateness: [Int32] = []
    var raced: UInt64 = 0

    /// - Parameter nanoseconds: delivered minus decided delay.
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
