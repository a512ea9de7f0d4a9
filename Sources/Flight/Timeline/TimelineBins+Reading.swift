import APIClient

/// The latencies in each bin: buckets, rising, and how many latencies are in each.
typealias BinLatencies = [[(bucket: Int, count: UInt64)]]

// Converts the counts to the timeline's series, at the end of a flight.
extension TimelineBins {
    private static let counters: [(counter: TimelineCounter, name: String)] = [
        (.retry, "retries"), (.breakerRefusal, "breaker_refusals"),
        (.limiterRefusal, "limiter_refusals"), (.hit, "hits"), (.follower, "followers"),
    ]

    /// The latencies of some series in each bin.
    func latencies(_ range: Range<Int>) -> BinLatencies {
        (0..<count).map { latencies($0, range) }
    }

    /// Heat map rows that cover the latencies of all bins and series.
    /// - Parameter all: The latencies of all series.
    /// - Returns: The rows.
    func latencyRows(_ all: BinLatencies) -> LatencyRows {
        var shortest = UInt64.max
        var longest: UInt64 = 0
        for index in 0..<count {
            longest = max(longest, self.longest(index, 0..<series))
            for (bucket, _) in all[index] {
                let first = Self.scale.first(of: bucket)
                if first >= UInt64(CountPages.slots) {
                    // Buckets rise.
                    shortest = min(shortest, first)
                    break
                }
            }
        }
        return LatencyRows(shortest: min(shortest, longest), longest: longest)
    }

    /// The series of one load, or the sum of several loads.
    /// - Parameters:
    ///   - load: the name of the load; nil: the whole flight.
    ///   - range: the series that are added up.
    ///   - latencies: the latencies of these series.
    ///   - rows: the rows of the heat map.
    /// - Returns: all counts per bin, without columns that are 0 in all bins.
    func timeline(
        of load: String?, _ range: Range<Int>, _ latencies: BinLatencies, _ rows: LatencyRows
    ) -> Timeline.Series {
        let ended = TimelineEnding.allCases.map { column($0.rawValue, $0.name, range) }
        let failures = TimelineColumns.failures.enumerated().map {
            column(TimelineColumns.firstFailure + $0, "\($1)", range)
        }
        let answers = statuses.seen.enumerated().map {
            column(TimelineColumns.firstStatus + $0, "\($1)", range)
        }
        let attempts = failures + answers + [column(TimelineColumns.other, "other", range)]
        let waits = ClientWait.Reason.allCases.map {
            column(TimelineColumns.column(TimelineCounter($0)), $0.rawValue, range)
        }
        let counters = Self.counters.map {
            column(TimelineColumns.column($0.counter), $0.name, range)
        }
        return Timeline.Series(
            load: load,
            requests: (0..<count).map { index in ended.reduce(0) { $0 + $1.counts[index] } },
            ended: ended.filter { !$0.isZero }, attempts: attempts.filter { !$0.isZero },
            waits: waits.filter { !$0.isZero }, counters: counters.filter { !$0.isZero },
            latency: latency(range, latencies, rows))
    }

    private func column(_ column: Int, _ name: String, _ range: Range<Int>) -> Timeline.Column {
        Timeline.Column(name: name, counts: (0..<count).map { self.count(column, $0, range) })
    }

    private func latency(
        _ range: Range<Int>, _ latencies: BinLatencies, _ rows: LatencyRows
    ) -> Timeline.Latency {
        var latency = Timeline.Latency(p50: [], p95: [], p99: [], max: [], rows: [])
        for index in 0..<count {
            let counts = latencies[index]
            let longest = longest(index, range)
            let total = counts.reduce(0) { $0 + $1.count }
            func percentile(_ percent: UInt64) -> UInt64? {
                Self.percentile(percent, of: counts, total).map { min($0, longest) }
            }
            latency.p50.append(percentile(50))
            latency.p95.append(percentile(95))
            latency.p99.append(percentile(99))
            latency.max.append(total == 0 ? nil : longest)
            latency.rows.append(Self.rows(counts, rows))
        }
        return latency
    }

    /// A percentile by nearest rank, as the middle value of its bucket; nil: there are no values.
    private static func percentile(
        _ percent: UInt64, of counts: [(bucket: Int, count: UInt64)], _ total: UInt64
    ) -> UInt64? {
        let rank = (total * percent + 99) / 100
        var passed: UInt64 = 0
        for (bucket, count) in counts {
            passed += count
            if passed >= rank { return scale.middle(of: bucket) }
        }
        return nil
    }

    private static func rows(
        _ counts: [(bucket: Int, count: UInt64)], _ rows: LatencyRows
    ) -> [Timeline.RowCount] {
        var found: [Timeline.RowCount] = []
        for (bucket, count) in counts {
            let row = rows.row(of: scale.first(of: bucket))
            if found.last?.row == row {
                found[found.count - 1].count += count
            } else {
                found.append(Timeline.RowCount(row: row, count: count))
            }
        }
        return found
    }
}
