import Histogram

/// Latencies from arrival to answer, in microseconds with 4 significant digits.
struct LatencyFigures {
    /// Answered by sending, answered without (cache, followers), and not answered well.
    private var sent = Self.histogram()
    private var unsent = Self.histogram()
    private var failed = Self.histogram()
    private(set) var slowest = Slowest()

    private static func histogram() -> Histogram<UInt64> {
        var histogram = Histogram<UInt64>(
            lowestDiscernibleValue: 1, highestTrackableValue: 120_000_000,
            numberOfSignificantValueDigits: .four)
        histogram.autoResize = true
        return histogram
    }

    /// The largest of each, exactly; nanoseconds.
    private var sentMax: Int64 = 0
    private var unsentMax: Int64 = 0
    private var failedMax: Int64 = 0

    mutating func add(_ flown: FlownRequest, _ ending: RequestEnding, took latency: Int64) {
        let microseconds = UInt64(max(0, latency) / 1_000)
        if !ending.isSuccess {
            failed.record(microseconds)
            failedMax = max(failedMax, latency)
        } else if flown.clientSends > 0 {
            sent.record(microseconds)
            sentMax = max(sentMax, latency)
            slowest.add(latency, flown)
        } else {
            unsent.record(microseconds)
            unsentMax = max(unsentMax, latency)
            slowest.add(latency, flown)
        }
    }

    /// The figures by their names behind `latency.`, in milliseconds.
    func figures() -> [(name: String, milliseconds: Double?, samples: UInt64)] {
        var successes = sent
        successes.add(unsent)
        var all = successes
        all.add(failed)
        let successMax = max(sentMax, unsentMax)
        return Self.quantiles("", successes, successMax) + Self.quantiles("sent.", sent, sentMax)
            + Self.quantiles("all.", all, max(successMax, failedMax))
    }

    /// In thousandths.
    private static let levels: [(name: String, level: UInt64)] = [
        ("p50", 500), ("p95", 950), ("p99", 990), ("p999", 999),
    ]

    /// Quantiles by nearest rank: the value of sample number ceil(level * samples). Given as the lower
    /// end of its bin, so that samples of exactly 500 ms are within a limit of 500 ms; the maximum is
    /// exact.
    private static func quantiles(
        _ prefix: String, _ histogram: Histogram<UInt64>, _ exactMax: Int64
    ) -> [(name: String, milliseconds: Double?, samples: UInt64)] {
        let samples = histogram.totalCount
        var values = [Double?](repeating: nil, count: levels.count)
        var found = 0
        // One walk for all: the bins are many and mostly empty.
        for bin in histogram.recordedValues() where found < levels.count {
            while found < levels.count,
                bin.totalCountToThisValue >= (samples * levels[found].level + 999) / 1_000
            {
                let value = histogram.lowestEquivalentForValue(bin.value)
                values[found] = Double(value) / 1_000
                found += 1
            }
        }
        let maximum = samples == 0 ? nil : Double(exactMax) / 1e6
        return zip(levels, values).map { (prefix + $0.name, $1, samples) }
            + [(prefix + "max", maximum, samples)]
    }
}
