import Histogram

/// Latencies from arrival to answer, in microseconds with 4 significant digits, by nearest rank.
struct LatencyFigures {
    /// Answered by sending, answered without (cache, followers), and not answered well.
    private var sent = LatencyHistogram()
    private var unsent = LatencyHistogram()
    private var failed = LatencyHistogram()
    private(set) var slowest = Slowest()

    mutating func add(_ flown: FlownRequest, _ ending: RequestEnding, took latency: Int64) {
        // Rounded up: a limit must not be met by rounding.
        let microseconds = UInt64((max(0, latency) + 999) / 1_000)
        if !ending.isSuccess {
            failed.record(microseconds)
        } else if flown.clientSends > 0 {
            sent.record(microseconds)
            slowest.add(latency, flown)
        } else {
            unsent.record(microseconds)
            slowest.add(latency, flown)
        }
    }

    /// The figures by their names behind `latency.`, in milliseconds.
    func figures() -> [(name: String, milliseconds: Double?, samples: UInt64)] {
        var successes = sent
        successes.add(unsent)
        var all = successes
        all.add(failed)
        return Self.quantiles("", successes) + Self.quantiles("sent.", sent)
            + Self.quantiles("all.", all)
    }

    private static func quantiles(
        _ prefix: String, _ histogram: LatencyHistogram
    ) -> [(name: String, milliseconds: Double?, samples: UInt64)] {
        let levels: [(name: String, level: UInt64)] = [
            ("p50", 500), ("p95", 950), ("p99", 990), ("p999", 999), ("max", 1_000),
        ]
        let values = histogram.values(at: levels.map(\.level))
        return zip(levels, values).map { level, value in
            (prefix + level.name, value.map { Double($0) / 1_000 }, histogram.count)
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

    private var histogram: Histogram<UInt64>
    private var longest: UInt64 = 0

    init() {
        histogram = Histogram(
            lowestDiscernibleValue: 1, highestTrackableValue: 120_000_000,
            numberOfSignificantValueDigits: .four)
        histogram.autoResize = true
    }

    var count: UInt64 { histogram.totalCount }

    mutating func record(_ microseconds: UInt64) {
        longest = max(longest, microseconds)
        let rest = Self.rest(microseconds)
        histogram.record((microseconds + rest) & ~rest)
    }

    mutating func add(_ other: LatencyHistogram) {
        longest = max(longest, other.longest)
        histogram.add(other.histogram)
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

    /// The bits that a value's bin leaves out.
    private static func rest(_ value: UInt64) -> UInt64 {
        let width = UInt64.bitWidth - value.leadingZeroBitCount
        return width > bits ? (1 << UInt64(width - bits)) - 1 : 0
    }
}
