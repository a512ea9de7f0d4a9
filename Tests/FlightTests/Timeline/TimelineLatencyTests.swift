import Testing

@testable import Flight

@Suite struct TimelineLatencyTests {
    /// The values of one bin, in microseconds.
    private static func values(_ shape: String, _ dice: inout Dice) -> [UInt64] {
        switch shape {
        case "even": (0..<2_000).map { _ in dice.below(2_000_000) }
        case "of any size": (0..<2_000).map { _ in dice.anySize(bits: 44) }
        case "narrow": (0..<2_000).map { _ in 40_000 + dice.below(300) }
        case "at the bounds of buckets":
            (0..<2_000).map { _ in (1 << (1 + dice.below(40))) + dice.below(3) - 1 }
        case "one": [123_457]
        case "two far apart": [1, 9_000_000_000]
        case "zeros": Array(repeating: 0, count: 100)
        default: (0..<2_000).map { _ in dice.below(100) < 95 ? 0 : 30_000_000 + dice.below(9_999) }
        }
    }

    private static let shapes = [
        "even", "of any size", "narrow", "at the bounds of buckets", "one", "two far apart",
        "zeros",
        "hits and timeouts",
    ]

    @Test(arguments: shapes)
    func `percentiles are within 1 % of the exact nearest rank, the maximum is exact`(shape: String)
    {
        for seed in 0..<3 as Range<UInt64> {
            var dice = Dice(seed)
            let values = Self.values(shape, &dice)
            let timeline = FlightTimeline(warmup: 0, loads: ["a"], faults: 0)
            for value in values {
                timeline.ended(load: 0, arrival: 0, .fresh, latency: Int64(value) * 1_000)
            }
            let latency = timeline.timeline().series[0].latency
            let sorted = values.sorted()
            for (percent, told) in [(50, latency.p50), (95, latency.p95), (99, latency.p99)] {
                let exact = Int64(sorted[(sorted.count * percent + 99) / 100 - 1])
                let error = abs(Int64(told[0] ?? 0) - exact)
                #expect(error * 128 <= exact, "\(shape), p\(percent)")
            }
            #expect(latency.max == [sorted.last])
        }
    }

    @Test(arguments: shapes)
    func `rows add up exactly and lie between their edges`(shape: String) {
        var dice = Dice(7)
        let values = Self.values(shape, &dice)
        let timeline = FlightTimeline(warmup: 0, loads: ["a"], faults: 0)
        for value in values {
            timeline.ended(load: 0, arrival: 0, .cached, latency: Int64(value) * 1_000)
        }
        let told = timeline.timeline()
        let edges = told.latencyRowEdges
        #expect(edges.count == 33 && edges[0] == 0 && edges == edges.sorted())
        #expect(Set(edges).count == 33 && edges[32] > values.max() ?? 0)
        let expected = (0..<32).map { row in
            values.filter { edges[row] <= $0 && $0 < edges[row + 1] }.count
        }
        var rows = Array(repeating: 0, count: 32)
        for cell in told.series[0].latency.rows[0] { rows[cell.row] += Int(cell.count) }
        #expect(rows == expected)
    }

    /// 40.00 to 40.29 ms: 31 rows cover two powers of two, so a row's width is at most a twentieth of its values.
    @Test func `rows are as fine as the range of latencies allows`() {
        let rows = LatencyRows(shortest: 40_000, longest: 40_290)
        #expect(rows.edges[1] == 38_912 && rows.edges[2] == 40_448)
        let wide = LatencyRows(shortest: 64, longest: 1 << 53)
        #expect(wide.edges[32] == 1 << 54 && wide.edges[2] == 2 * wide.edges[1])
    }

    @Test func `latencies are rounded up to microseconds, and errors have none`() {
        let timeline = FlightTimeline(warmup: 0, loads: ["a"], faults: 0)
        timeline.ended(load: 0, arrival: 0, .fresh, latency: 1)
        timeline.ended(load: 0, arrival: 0, .timeout, latency: 5_000_000)
        timeline.ended(load: 0, arrival: 0, .stale, latency: 5_000_000)
        timeline.ended(load: 0, arrival: 1_000_000_000, .serverError, latency: 5_000_000)
        let latency = timeline.timeline().series[0].latency
        #expect(latency.p50 == [1, nil] && latency.max == [1, nil])
        #expect(latency.rows == [[Timeline.RowCount(row: 0, count: 1)], []])
    }

    /// Every bin of 8 loads has latencies in every power of two, at the bounds of each bucket.
    @Test func `the worst case of 8 loads stays below 32 MB`() {
        let timeline = FlightTimeline(
            warmup: 0, loads: (0..<8).map { "load\($0)" }, faults: 100)
        for bin in 0..<512 as Range<Int64> {
            for load in 0..<8 {
                for power in 0..<63 as Range<Int64> {
                    timeline.ended(
                        load: load, arrival: bin * 1_000_000_000, .fresh, latency: 1 << power)
                }
            }
        }
        #expect(timeline.pagesUsed <= 65_535 && timeline.bytes < 32_000_000)
        let told = timeline.timeline()
        // Bins became wider than 1 s before there were 512 of them, without losing counts.
        #expect(told.binSeconds > 1)
        #expect(told.series[0].requests.reduce(0, +) == 512 * 8 * 63)
        let rows = told.series[0].latency.rows.joined()
        #expect(rows.reduce(0) { $0 + $1.count } == 512 * 8 * 63)
    }

    @Test func `bins that run out of pages get wider and lose nothing`() {
        var dice = Dice(3)
        let calls = TimelineCall.random(&dice, count: 12_000, loads: 2, gapMax: 50_000_000)
        let tight = FlightTimeline(warmup: 0, loads: ["a", "b"], faults: 0, pagesMax: 220)
        let ample = FlightTimeline(warmup: 0, loads: ["a", "b"], faults: 0)
        for call in calls {
            call.make(to: tight)
            call.make(to: ample)
        }
        #expect(tight.pagesUsed <= 220)
        let (few, many) = (tight.timeline(), ample.timeline())
        #expect(few.binSeconds > many.binSeconds)
        for (one, other) in zip(few.series, many.series) {
            #expect(one.requests.reduce(0, +) == other.requests.reduce(0, +))
            #expect(
                one.ended.map { $0.counts.reduce(0, +) }
                    == other.ended.map { $0.counts.reduce(0, +) })
            #expect(
                one.latency.rows.joined().reduce(0) { $0 + $1.count }
                    == other.latency.rows.joined().reduce(0) { $0 + $1.count })
        }
    }

    @Test func `a count may pass 32 bits`() {
        var pages = CountPages()
        let (page, other) = (pages.take(), pages.take())
        pages.add(UInt64(UInt32.max), page, 5)
        pages.increment(page, 5)
        #expect(pages.count(page, 5) == 1 << 32)
        pages.add(3 << 32, other, 5)
        pages.add(9, other, 6)
        pages.merge(page, into: other)
        #expect(pages.count(other, 5) == 4 << 32 && pages.count(other, 6) == 9)
        #expect(pages.used == 1)
        let again = pages.take()
        #expect(again == page && pages.count(again, 5) == 0)
    }
}
