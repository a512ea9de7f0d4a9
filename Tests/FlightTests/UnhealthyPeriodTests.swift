import APIClient
import KeyedChance
import ScenarioFile
import Testing
import Upstream

@testable import Flight

/// What breakers made of unhealthy periods, worked out from the few openings instead of for each period.
@Suite("Unhealthy periods") struct UnhealthyPeriodTests {
    /// The definitions, period by period.
    private struct Naive: Equatable {
        var missed: UInt64 = 0
        var noticeable: UInt64 = 0
        var detections: UInt64 = 0
        var detectionDelay: Int64?
        var recoveries: UInt64 = 0
        var recoveryLag: Int64?

        mutating func add(
            _ period: UnhealthyPeriod, _ client: Int,
            _ spans: [(opened: Int64, closed: Int64?)], warmup: Int64
        ) {
            func isOpen(_ instant: Int64) -> Bool {
                spans.contains { $0.opened < instant && ($0.closed ?? .max) >= instant }
            }
            let opening = spans.map(\.opened).first { $0 >= period.start && $0 < period.end }
            if period.end - period.start >= 60 * second, period.clients.contains(client) {
                noticeable += 1
                if opening == nil && !isOpen(period.start) { missed += 1 }
            }
            if let opening, opening >= warmup, !isOpen(period.start) {
                detections += 1
                detectionDelay = max(detectionDelay ?? 0, opening - period.start)
            }
            let closing = spans.first {
                $0.opened < period.end && ($0.closed ?? .max) >= period.end
            }?.closed
            if let closing {
                recoveries += 1
                recoveryLag = max(recoveryLag ?? 0, closing - period.end)
            }
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `give the figures of their definitions`(seed: UInt64) throws {
        var chance = Chance(seed: seed, stream: Chance.Stream("periods"))
        var periods: [UnhealthyPeriod] = []
        var now: Int64 = 0
        for _ in 0..<60 {
            let start = now + Int64(chance.below(40)) * second
            now = start + (1 + Int64(chance.below(chance.below(2) == 0 ? 5 : 150))) * second
            var clients = ClientSet()
            for client in 0..<3 where now - start >= 60 * second && chance.below(3) > 0 {
                clients.insert(client)
            }
            periods.append(UnhealthyPeriod(start: start, end: now, clients: clients))
        }
        let warmup = Int64(chance.below(300)) * second
        var naive = Naive()
        var breakers: [BreakerFigures] = []
        for client in 0..<3 {
            let breaker = BreakerFigures(warmup: warmup)
            var at: Int64 = 0
            var isOpen = false
            while at < now {
                at += Int64(chance.below(90)) * second
                move(breaker, from: isOpen ? .halfOpen : .closed, to: isOpen ? .closed : .open, at)
                isOpen.toggle()
            }
            breakers.append(breaker)
            for period in periods where period.end > warmup {
                naive.add(period, client, breaker.openSpans, warmup: warmup)
            }
        }
        let figures = UnhealthyPeriodFigures(periods, breakers, warmup: warmup)
        let told = Naive(
            missed: figures.missed, noticeable: figures.noticeablePeriods,
            detections: figures.detections, detectionDelay: figures.detectionDelay,
            recoveries: figures.recoveries, recoveryLag: figures.recoveryLag)
        #expect(told == naive)
    }

    private func move(
        _ breaker: BreakerFigures, from: CircuitBreaker.State, to: CircuitBreaker.State,
        _ instant: Int64
    ) {
        breaker.moved(CircuitBreaker.Transition(from: from, to: to, at: instant), by: 0)
    }

    /// Bursts of a second for two hours before ten thousand clients: what is kept must not grow with their product.
    @Test func `that are short keep nothing of their clients`() throws {
        let plan = try scenario(
            """
            duration: 2h
            clients: 10000
            load: [ { rate: 5/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { at: 1s, for: 1s, every: 2s, status: 503 } ] }
            """)
        let upstream = UpstreamBox(FaultyUpstream(plan.upstream, seed: 1, epoch: 0))
        let watch = HealthWatch(plan, upstream)
        for instant in stride(from: Int64(0), to: plan.duration, by: 500 * Int(ms)) {
            watch.consume(.approached(client: UInt32(instant / second) % 10_000), at: instant)
        }
        let periods = watch.periods(until: plan.duration)
        #expect(periods.count == 3_600)
        #expect(periods.allSatisfy { $0.clients.isEmpty && $0.clients == ClientSet() })
    }
}
