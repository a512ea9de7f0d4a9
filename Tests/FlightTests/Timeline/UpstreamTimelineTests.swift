import APIClient
import Testing
import Upstream

@testable import Flight

@Suite struct UpstreamTimelineTests {
    /// A station whose queue and busy servers state the instant of the reading, in seconds.
    private func read(_ instant: Int64) -> StationLoad {
        .init(queue: Int(instant / second), busy: 1)
    }

    @Test func `queue and busy servers are those at the end of each bin`() {
        let timeline = FlightTimeline(warmup: 0, loads: ["a"], faults: 0)
        timeline.sample(until: 999_999_999, read)
        #expect(timeline.nextSample == second)
        timeline.sample(until: 3 * second, read)
        timeline.close(at: 4 * second + 500_000_000) { _ in .init(queue: 99, busy: 2) }
        let upstream = timeline.timeline().upstream
        #expect(upstream.queue == [1, 2, 3, 99, 99] && upstream.busy == [1, 1, 1, 2, 2])
    }

    /// 1 000 bins of 1 s become 500 of 2 s, each with the state at the end of its second half. A warm-up of 3 s
    /// makes the first of them begin before instant 0.
    @Test func `a wider bin has the state at its own end`() {
        let timeline = FlightTimeline(warmup: 3 * second, loads: ["a"], faults: 0)
        for instant in 0...1_000 { timeline.sample(until: Int64(instant) * second, read) }
        timeline.close(at: 1_000 * second, read)
        let told = timeline.timeline()
        #expect(told.binSeconds == 2 && told.bins == 501 && told.warmupBins == 2)
        #expect(told.upstream.queue == (0..<500).map { 2 * $0 + 1 } + [1_000])
    }

    @Test func `a week without attempts needs no more than 512 samples`() {
        let timeline = FlightTimeline(warmup: 0, loads: ["a"], faults: 0)
        var samples = 0
        timeline.sample(until: 7 * 86_400 * second) {
            samples += 1
            return read($0)
        }
        #expect(samples <= 512 && samples > 256)
    }

    /// Unhealthy from 2.5 s to 5.25 s of 10 s: half of bin 2, all of 3 and 4, a quarter of 5.
    @Test func `the unhealthy share of a bin is in thousandths of its time`() {
        let timeline = FlightTimeline(warmup: 0, loads: ["a"], faults: 0)
        timeline.wasUnhealthy(from: 5 * second / 2, to: 21 * second / 4)
        timeline.wasUnhealthy(from: 7 * second, to: 7 * second + 1)
        timeline.wasUnhealthy(from: 8 * second, to: 9 * second - 1)
        timeline.wasUnhealthy(from: 9 * second, to: 19 * second / 2)
        timeline.close(at: 19 * second / 2, nil)
        // The last bin is half a second long, and unhealthy throughout.
        #expect(
            timeline.timeline().upstream.unhealthyPermille
                == [0, 0, 500, 1_000, 1_000, 250, 0, 1, 999, 1_000])
        timeline.wasUnhealthy(from: 512 * second, to: 513 * second)
        timeline.close(at: 1_000 * second, nil)
        let wide = timeline.timeline().upstream.unhealthyPermille
        #expect(Array(wide.prefix(5)) == [0, 750, 625, 1, 750] && wide[256] == 500)
    }

    @Test func `faults are told by place, wherever they were active at some time`() {
        let timeline = FlightTimeline(warmup: second, loads: ["a"], faults: 70)
        timeline.faultWasActive(69, from: 0, to: second + 1)
        timeline.faultWasActive(2, from: second, to: 2 * second)
        timeline.faultWasActive(3, from: 2 * second, to: 2 * second)
        timeline.close(at: 3 * second, nil)
        #expect(timeline.timeline().upstream.faults == [[69], [2, 69], []])
        timeline.close(at: 600 * second, nil)
        // The warm-up stays separate: bins of 2 s are [-1, 1), [1, 3) and so on.
        #expect(Array(timeline.timeline().upstream.faults.prefix(3)) == [[69], [2, 69], []])
    }

    @Test func `what never happened is left out`() {
        let timeline = FlightTimeline(warmup: 0, loads: ["a"], faults: 3)
        timeline.close(at: 5 * second, nil)
        let told = timeline.timeline()
        #expect(told.bins == 5 && told.upstream == Timeline.Upstream())
        #expect(told.series[0].ended.isEmpty && told.series[0].requests == [0, 0, 0, 0, 0])
    }

    @Test func `the first 10 000 transitions are kept and the rest counted`() {
        func flight(_ count: Int64, client: UInt32) -> FlightTimeline {
            let timeline = FlightTimeline(warmup: 0, loads: ["a"], faults: 0)
            for instant in 0..<count {
                timeline.breakerMoved(at: instant, client: client, from: .closed, to: .open)
            }
            timeline.close(at: count, nil)
            return timeline
        }
        let timeline = flight(10_003, client: 0)
        #expect(timeline.timeline().transitions.count == 10_000)
        #expect(timeline.timeline().transitionsOmitted == 3)
        timeline.merge(flight(2, client: 1))
        let told = timeline.timeline()
        #expect(told.transitions.prefix(5).map(\.client) == [0, 1, 0, 1, 0])
        #expect(told.transitions.count == 10_000 && told.transitionsOmitted == 5)
    }

    /// The first flight was unhealthy for its whole 2 s, the other one for none of its 3 s.
    @Test func `adding two flights adds queues and takes the mean of unhealthy shares`() {
        func flight(_ seconds: Int64) -> FlightTimeline {
            let timeline = FlightTimeline(warmup: 0, loads: ["a"], faults: 1)
            timeline.sample(until: seconds * second) { _ in .init(queue: 2, busy: 1) }
            timeline.close(at: seconds * second) { _ in .init(queue: 2, busy: 1) }
            return timeline
        }
        let first = flight(2)
        first.wasUnhealthy(from: 0, to: 2 * second)
        let other = flight(3)
        other.faultWasActive(0, from: 2 * second, to: 3 * second)
        first.merge(other)
        let upstream = first.timeline().upstream
        #expect(upstream.queue == [4, 4, 2] && upstream.busy == [2, 2, 1])
        #expect(upstream.unhealthyPermille == [500, 500, 0])
        #expect(upstream.faults == [[], [], [0]])
    }
}
