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
        _ prefix: String, _ histogram: Histogram<UInt64>
    ) -> [(name: String, milliseconds: Double?, samples: UInt64)] {
        let levels: [(String, Double)] = [
            ("p50", 50), ("p95", 95), ("p99", 99), ("p999", 99.9), ("max", 100),
        ]
        let samples = histogram.totalCount
        return levels.map { name, level in
            let value =
                samples == 0
                ? nil
                : Double(level == 100 ? histogram.max : histogram.valueAtPercentile(level)) / 1_000
            return (prefix + name, value, samples)
        }
    }
}
