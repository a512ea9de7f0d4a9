import Histogram

/// Latencies from arrival to answer, in microseconds with 4 significant digits, by nearest rank.
struct LatencyFigures {
    /// Answered by sending, answered without (cache, followers), and not answered well.
    private var sent = LatencyHistogram()
    private var unsent = LatencyHistogram()
    private var failed = LatencyHistogram()
    private(set) var slowest = Slowest()

    @inline(__always) mutating func add(
        _ request: UInt64, _ ending: RequestEnding, hasSent: Bool, took latency: Int64
    ) {
        // Rounded up: a limit must not be met by rounding.
        let microseconds = UInt64((max(0, latency) + 999) / 1_000)
        if !ending.isSuccess {
            failed.record(microseconds)
        } else if hasSent {
            sent.record(microseconds)
            slowest.add(latency, request)
        } else {
            unsent.record(microseconds)
            slowest.add(latency, request)
        }
    }

    /// Has everything counted; to be called before the figures are asked for.
    mutating func settle() {
        sent.settle()
        unsent.settle()
        failed.settle()
    }

    /// The figures by their names behind `latency.`, in milliseconds.
    func figures() -> [(name: String, milliseconds: Double?, samples: UInt64)] {
        let ofSent = Quantiles(sent)
        var successes = sent
        // What adds nothing changes nothing; a walk through a histogram takes a while.
        let ofSuccesses = unsent.count == 0 ? ofSent : Quantiles(adding: unsent, to: &successes)
        let ofAll = failed.count == 0 ? ofSuccesses : Quantiles(adding: failed, to: &successes)
        return ofSuccesses.figures("") + ofSent.figures("sent.") + ofAll.figures("all.")
    }

    /// What is told of one set of latencies.
    private struct Quantiles {
        private static let levels: [(name: String, level: UInt64)] = [
            ("p50", 500), ("p95", 950), ("p99", 990), ("p999", 999), ("max", 1_000),
        ]
        private let values: [UInt64?]
        private let count: UInt64

        init(_ histogram: LatencyHistogram) {
            values = histogram.values(at: Self.levels.map(\.level))
            count = histogram.count
        }

        init(adding more: LatencyHistogram, to histogram: inout LatencyHistogram) {
            histogram.add(more)
            self.init(histogram)
        }

        func figures(
            _ prefix: String
        ) -> [(name: String, milliseconds: Double?, samples: UInt64)] {
            zip(Self.levels, values).map { level, value in
                (prefix + level.name, value.map { Double($0) / 1_000 }, count)
            }
        }
    }
}

/// Microseconds to 4 digits, the longest exactly.
///
/// A histogram's bin holds several values from 32 768 on. Each is recorded as the first of the bin at
/// or above it and read as that: never shorter than it was, and what people write down, such as 40
/// or 150 ms, reads as itself, so that a limit at that value is met.
private struct LatencyHistogram {
    /// Bins are this many bits fine.
    private static let bits = 15

    /// How many values fell into each bin, up to the highest so far. Who wants to know more is given
    /// a histogram made of them: to find the bin is all that there is to do for each request.
    private var counts: [UInt64] = []
    private(set) var count: UInt64 = 0
    private var longest: UInt64 = 0
    /// Not in their bins yet. These lie all over the memory, and to go there for one value means to wait
    /// for it; for many at once the processor waits for all of them together.
    private var pending: [UInt64] = []
    private static let pendingMax = 1_024

    mutating func record(_ microseconds: UInt64) {
        pending.append(microseconds)
        if pending.count >= Self.pendingMax { settle() }
    }

    /// Puts all values into their bins.
    mutating func settle() {
        count += UInt64(pending.count)
        longest = pending.reduce(longest) { max($0, $1) }
        for value in pending {
            let bin = Self.bin(value)
            if bin >= counts.count { grow(to: bin + 1) }
            counts[bin] += 1
        }
        pending.removeAll(keepingCapacity: true)
    }

    mutating func add(_ other: LatencyHistogram) {
        longest = max(longest, other.longest)
        count += other.count
        if other.counts.count > counts.count { grow(to: other.counts.count) }
        for bin in other.counts.indices { counts[bin] += other.counts[bin] }
    }

    private mutating func grow(to size: Int) {
        counts.append(contentsOf: repeatElement(0, count: size - counts.count))
    }

    private var histogram: Histogram<UInt64> {
        // No larger than it has to be: whoever walks through it visits every bin. A bin's value may lie
        // above the longest that is in it.
        var histogram = Histogram<UInt64>(
            lowestDiscernibleValue: 1, highestTrackableValue: max(2, 2 * longest),
            numberOfSignificantValueDigits: .four)
        histogram.autoResize = true
        for bin in counts.indices where counts[bin] > 0 {
            histogram.record(Self.value(bin), count: counts[bin])
        }
        return histogram
    }

    /// The values of ranks in thousandths, which rise; nil without any. In one walk: the bins are many
    /// and mostly empty.
    func values(at levels: [UInt64]) -> [UInt64?] {
        var values = [UInt64?](repeating: nil, count: levels.count)
        guard count > 0 else { return values }
        var found = 0
        for bin in histogram.recordedValues() {
            while found < levels.count,
                bin.totalCountToThisValue >= (count * levels[found] + 999) / 1_000
            {
                values[found] = min(bin.value & ~Self.rest(bin.value), longest)
                found += 1
            }
            if found == levels.count { break }
        }
        return values
    }

    /// The bin that a value is recorded in: its own below 2^15, then 2^14 for each power of two.
    private static func bin(_ value: UInt64) -> Int {
        let rest = rest(value)
        let first = (value + rest) & ~rest
        let shift = max(0, UInt64.bitWidth - first.leadingZeroBitCount - bits)
        return shift &<< (bits - 1) + Int(first &>> UInt64(shift))
    }

    /// The first value of a bin.
    private static func value(_ bin: Int) -> UInt64 {
        let shift = max(0, bin >> (bits - 1) - 1)
        return UInt64(bin - shift << (bits - 1)) << UInt64(shift)
    }

    /// The bits that a value's bin leaves out.
    private static func rest(_ value: UInt64) -> UInt64 {
        let width = UInt64.bitWidth - value.leadingZeroBitCount
        return width > bits ? (1 &<< UInt64(width - bits)) - 1 : 0
    }
}
