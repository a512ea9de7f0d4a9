import APIClient
import Testing

@testable import Flight

@Suite struct FlightTimelineTests {
    /// Compared with counts made directly on the final axis. With gaps of up to 40 s, 4 000 arrivals last a
    /// day, so that the width is doubled several times; ends are reported late, also after a doubling.
    @Test(arguments: [100_000_000, 3_000_000_000, 40_000_000_000] as [UInt64])
    func `every count is in the bin of its arrival, whatever the width`(gapMax: UInt64) {
        var dice = Dice(gapMax)
        let warmup = 97 * second / 2
        let calls = TimelineCall.random(&dice, count: 4_000, loads: 3, gapMax: gapMax)
        let timeline = FlightTimeline(warmup: warmup, loads: ["a", "b", "c"], faults: 0)
        for call in calls { call.make(to: timeline) }
        let told = timeline.timeline()
        #expect(told.bins <= 512 && told.series.map(\.load) == [nil, "a", "b", "c"])
        var axis = TimelineAxis(origin: warmup)
        while axis.seconds < told.binSeconds { axis.double() }
        #expect(told.warmupBins == min(told.bins, -axis.first))
        for (place, series) in told.series.enumerated() {
            let own = calls.filter { place == 0 || $0.load == place - 1 }
            expectCounts(series, own, axis, bins: told.bins)
        }
    }

    private func expectCounts(
        _ series: Timeline.Series, _ calls: [TimelineCall], _ axis: TimelineAxis, bins: Int
    ) {
        var columns: [String: [UInt64]] = [:]
        func add(_ name: String, _ call: TimelineCall) {
            columns[name, default: Array(repeating: 0, count: bins)][
                axis.index(of: call.arrival)] += 1
        }
        for call in calls {
            switch call.what {
            case .ended(let ending, _):
                add("ended " + ending.name, call)
                add("requests", call)
            case .attempt(.answer(let status)): add("attempt \(status)", call)
            case .attempt(.failure(let code)): add("attempt \(code)", call)
            case .counter(let counter):
                add("\(counter)", call)
                if counter == .follower { add("hit", call) }
            }
        }
        func expect(_ name: String, _ told: [UInt64]) {
            #expect(told == columns[name] ?? Array(repeating: 0, count: bins), "\(name)")
        }
        expect("requests", series.requests)
        for ending in TimelineEnding.allCases {
            expect("ended " + ending.name, series.column(series.ended, ending.name))
        }
        for name in [200, 201, 404, 429, 500, 503].map({ "\($0)" })
            + TimelineColumns.failures.map({ "\($0)" })
        {
            expect("attempt " + name, series.column(series.attempts, name))
        }
        for (counter, name) in [
            ("backoffWait", "backoff"), ("retryAfterWait", "retry_after"),
            ("limiterWait", "limiter"), ("leaderWait", "leader"),
        ] {
            expect(counter, series.column(series.waits, name))
        }
        for (counter, name) in [
            ("retry", "retries"), ("breakerRefusal", "breaker_refusals"),
            ("limiterRefusal", "limiter_refusals"), ("hit", "hits"), ("follower", "followers"),
        ] {
            expect(counter, series.column(series.counters, name))
        }
    }

    @Test func `a week without arrivals is one jump`() {
        let timeline = FlightTimeline(warmup: 10 * second, loads: ["a"], faults: 0)
        let week = 7 * 86_400 * second
        for arrival in [0, 9 * second, 10 * second, week] {
            timeline.ended(load: 0, arrival: arrival, .fresh, latency: 1_000_000)
        }
        // A late end, for an old bin.
        timeline.ended(load: 0, arrival: 9 * second, .timeout, latency: 0)
        let told = timeline.timeline()
        // 604 800 s in at most 512 bins: 2048 s each, and one for the warm-up.
        #expect(told.binSeconds == 2_048 && told.warmupBins == 1 && told.bins == 297)
        #expect(told.series[0].requests[0] == 3 && told.series[0].requests[1] == 1)
        #expect(told.series[0].requests.last == 1)
        #expect(told.series[0].requests.reduce(0, +) == 5)
        #expect(told.series[0].latency.p50.filter { $0 != nil }.count == 3)
    }

    @Test func `the first 32 loads have a series, and all are in the whole`() {
        let timeline = FlightTimeline(warmup: 0, loads: (0..<40).map { "load\($0)" }, faults: 0)
        for load in 0..<40 {
            timeline.ended(load: load, arrival: 0, .fresh, latency: Int64(load + 1) * 1_000_000)
        }
        let told = timeline.timeline()
        #expect(told.series.count == 33 && told.loadsWithoutSeries == 8)
        #expect(told.series[0].requests == [40] && told.series[0].latency.max == [40_000])
        #expect(told.series[32].load == "load31" && told.series[32].requests == [1])
    }

    @Test func `statuses after the first 30 are counted together`() {
        let timeline = FlightTimeline(warmup: 0, loads: ["a"], faults: 0)
        for status in 500..<540 {
            timeline.attemptEnded(load: 0, arrival: 0, .answer(status: status))
        }
        timeline.attemptEnded(load: 0, arrival: 0, .answer(status: 500))
        timeline.attemptEnded(load: 0, arrival: 0, .answer(status: 4_711))
        let attempts = timeline.timeline().series[0].attempts
        #expect(attempts.count == 31 && attempts.sum("500") == 2 && attempts.sum("529") == 1)
        #expect(attempts.sum("other") == 11)
    }

    @Test func `endings are named as the errors of the catalogue`() {
        #expect(
            Set(TimelineEnding.allCases.map(\.name))
                == Set(
                    APIError.Code.allCases.map { "\($0)" } + [
                        "fresh", "cached", "stale", "answered",
                    ]))
        for code in APIError.Code.allCases {
            #expect(TimelineEnding(.error(code, .client)).name == "\(code)")
        }
        func ending(_ status: Int, _ isValid: Bool, _ source: RequestEnding.Source)
            -> TimelineEnding
        {
            TimelineEnding(.answer(status: status, isValid: isValid, source: source))
        }
        #expect(ending(200, true, .upstream) == .fresh && ending(204, true, .cache) == .cached)
        #expect(ending(200, true, .stale) == .stale && ending(404, true, .upstream) == .answered)
        #expect(ending(200, false, .upstream) == .answered)
        #expect(Set(TimelineColumns.failures).count == TimelineColumns.failures.count)
    }

    @Test func `columns follow one another`() {
        #expect(TimelineColumns.firstCounter == TimelineEnding.allCases.count)
        #expect(
            TimelineColumns.firstFailure == TimelineColumns.firstCounter
                + TimelineCounter.allCases.count)
        #expect(
            TimelineColumns.firstStatus == TimelineColumns.firstFailure
                + TimelineColumns.failures.count)
        #expect(TimelineColumns.other == TimelineColumns.count - 1)
    }

    /// The coarser width is taken over; the statuses appear in another order.
    @Test(arguments: [(2_000_000_000, 2_000_000_000), (500_000_000, 30_000_000_000)])
    func `adding two timelines gives what one would have counted`(gaps: (UInt64, UInt64)) {
        var dice = Dice(gaps.0)
        let first = TimelineCall.random(&dice, count: 1_500, loads: 2, gapMax: gaps.0)
        let others = TimelineCall.random(&dice, count: 1_500, loads: 2, gapMax: gaps.1)
        func count(_ calls: [TimelineCall]) -> FlightTimeline {
            let timeline = FlightTimeline(warmup: 7 * second, loads: ["a", "b"], faults: 0)
            for call in calls { call.make(to: timeline) }
            return timeline
        }
        for (one, other) in [(first, others), (others, first)] {
            let merged = count(one)
            merged.merge(count(other))
            var told = merged.timeline()
            #expect(told.flights == 2)
            told.flights = 1
            #expect(told == count(one + other).timeline())
        }
    }
}
