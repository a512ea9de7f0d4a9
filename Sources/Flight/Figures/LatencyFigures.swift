/// Latencies from arrival to answer, in microseconds with 4 significant digits, by nearest rank.
struct LatencyFigures {
    /// `sent`: successes with a send. `unsent`: successes without one (cache hits, followers). `failed`: all
    /// other endings.
    private var sent = LogLinearHistogram.latencies
    private var unsent = LogLinearHistogram.latencies
    private var failed = LogLinearHistogram.latencies
    private(set) var slowest = Slowest()

    @inline(__always) mutating func add(
        _ request: UInt64, _ ending: RequestEnding, hasSent: Bool, took latency: Int64
    ) {
        // Rounded up, so that no limit is met only by rounding.
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

    /// Puts pending values into their buckets. Must be called before the figures are read.
    mutating func settle() {
        sent.settle()
        unsent.settle()
        failed.settle()
    }

    /// The figures in milliseconds; each name goes after `latency.`.
    func figures() -> [(name: String, milliseconds: Double?, samples: UInt64)] {
        let ofSent = Quantiles(sent)
        var successes = sent
        // Empty histograms are skipped: reading the quantiles takes a while.
        let ofSuccesses = unsent.count == 0 ? ofSent : Quantiles(adding: unsent, to: &successes)
        let ofAll = failed.count == 0 ? ofSuccesses : Quantiles(adding: failed, to: &successes)
        return ofSuccesses.figures("") + ofSent.figures("sent.") + ofAll.figures("all.")
    }

    /// The quantiles of one set of latencies.
    private struct Quantiles {
        private static let levels: [(name: String, level: UInt64)] = [
            ("p50", 500), ("p95", 950), ("p99", 990), ("p999", 999), ("max", 1_000),
        ]
        private let values: [UInt64?]
        private let count: UInt64

        init(_ histogram: LogLinearHistogram) {
            values = histogram.values(at: Self.levels.map(\.level))
            count = histogram.count
        }

        init(adding more: LogLinearHistogram, to histogram: inout LogLinearHistogram) {
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

extension LogLinearHistogram {
    /// A histogram of microseconds with 4 significant digits, rounded up; the longest latency is exact.
    fileprivate static var latencies: LogLinearHistogram {
        LogLinearHistogram(bits: 15, rounding: .up, batch: 1_024)
    }
}
