import KeyedChance
import Testing

@testable import Upstream

/// An upstream whose health depends on what was sent to it.
struct QueueTruthCase: Sendable, CustomTestStringConvertible {
    var name: String
    var latency: Distribution = .fixed(0)
    var capacity: Capacity
    var faults: [Fault] = []
    var testDescription: String { name }

    static let all = [
        QueueTruthCase(
            name: "M/M/1",
            capacity: Capacity(servers: 1, queue: 12, service: .exponential(mean: 10 * ms))),
        QueueTruthCase(
            name: "fixed times", latency: .fixed(13 * ms),
            capacity: Capacity(servers: 1, queue: 12, service: .fixed(10 * ms))),
        QueueTruthCase(
            name: "three servers, a latency", latency: .lognormal(median: 20 * ms, p99: 90 * ms),
            capacity: Capacity(
                servers: 3, queue: 12, service: .uniform(from: 0, to: 60 * ms), abandoned: .drop)),
        QueueTruthCase(
            name: "faults beside a queue", latency: .fixed(5 * ms),
            capacity: Capacity(servers: 1, queue: 12, service: .exponential(mean: 10 * ms)),
            faults: [
                status(503, .always, percent(20)), status(429, .always, percent(10)),
                slow(.fixed(40 * ms), .always, percent(30)),
            ]),
    ]
}

@Suite struct QueueTruthTests {
    private static let reference = 100 * ms

    private func model(
        _ faults: [Fault] = [], capacity: Capacity? = nil, quota: Quota? = nil,
        latency: Distribution = .fixed(0)
    ) -> FaultyUpstream {
        FaultyUpstream(
            UpstreamConfiguration(
                latency: latency, capacity: capacity, quota: quota, faults: faults,
                referenceTimeout: Self.reference), seed: 5, epoch: newYear)
    }

    /// Arrivals at about the rate at which they are served; now and then, at that very state, 1 500
    /// attempts that are never sent. The sum of distributions may be off by 0.0005, and the straight lines
    /// between the lengths of the queue by as much again.
    @Test(arguments: QueueTruthCase.all)
    func itIsHowOftenAttemptsAtThatVeryStateFail(item: QueueTruthCase) {
        let model = model(item.faults, capacity: item.capacity, latency: item.latency)
        var chance = Chance(seed: 1, stream: Chance.Stream("test.truth"))
        var now: Int64 = 0
        var seen = Set<Int>()
        for number in 0..<400 as Range<UInt64> {
            now += Int64(chance.below(18 * UInt64(ms)))
            _ = model.decide(arrival(number), at: now)
            guard number % 20 == 19 else { continue }
            // The instants include some between arrivals.
            let instant = now + Int64(chance.below(2 * UInt64(ms)))
            let probability = model.failureProbability(arrival(UInt64.max), at: instant)
            let failed = (0..<1_500 as Range<UInt64>).count {
                model.foresee(arrival(1_000_000 + $0), at: instant).fails(within: Self.reference)
            }
            let bound = Bounds.share(probability, of: 1_500) + 0.001
            #expect(abs(Double(failed) / 1_500 - probability) <= bound, "\(probability)")
            seen.insert(Int(probability * 10))
        }
        // The states were not all alike.
        #expect(seen.count >= 2)
    }

    @Test func aFullQueueFailsForCertain() {
        let model = model(capacity: Capacity(servers: 2, queue: 1, service: .fixed(20 * ms)))
        for number in 0..<3 as Range<UInt64> {
            #expect(model.failureProbability(arrival(9), at: 0) == 0)
            _ = model.decide(arrival(number), at: 0)
        }
        #expect(model.failureProbability(arrival(9), at: 0) == 1)
        #expect(model.foresee(arrival(9), at: 0).refusal == .capacity)
        #expect(model.failureProbability(arrival(9), at: 20 * ms - 1) == 1)
        #expect(model.failureProbability(arrival(9), at: 20 * ms) == 0)
    }

    /// Exact to the nanosecond: with fixed times there is nothing to interpolate.
    @Test func aWaitThatIsTooLongByANanosecondFails() {
        let model = model(
            capacity: Capacity(servers: 1, queue: 100, service: .fixed(30 * ms)),
            latency: .fixed(10 * ms))
        for number in 0..<3 as Range<UInt64> { _ = model.decide(arrival(number), at: 0) }
        // 90 ms of work are ahead; 30 and 10 ms are its own, so 60 ms may be waited.
        for (instant, expected) in [(30 * ms - 1, 1.0), (30 * ms, 0)] {
            #expect(model.failureProbability(arrival(9), at: instant) == expected)
            #expect(
                model.foresee(arrival(9), at: instant).fails(within: Self.reference)
                    == (expected == 1))
        }
    }

    @Test func aBucketOfOneIsFullBeforeTheFlight() throws {
        let bucket = TokenBucket(Quota(rate: .perSecond(1), burst: 1))
        #expect(bucket.wait(at: -1) == 0 && bucket.tokens(at: 0) == 1)
    }

    /// Behind an empty bucket an outage goes on: that a 429 comes instead says nothing of its end.
    @Test func aQuotaSaysNothingOfHealth() {
        let quota = Quota(rate: .perSecond(1), burst: 1)
        for faults in [[status(503)], [slow(.fixed(200 * ms), .always, percent(40))], []] {
            let limited = model(faults, quota: quota)
            let free = model(faults, quota: nil)
            _ = limited.decide(arrival(0), at: 0)
            #expect(limited.foresee(arrival(1), at: 0).word == "429")
            for instant in [0, second - 1, second] {
                #expect(
                    limited.failureProbability(arrival(1), at: instant)
                        == free.failureProbability(arrival(1), at: instant))
            }
            #expect(!limited.changesWithTraffic)
        }
    }

    @Test func whileABurstIsOnItsFaultIsCertain() {
        let chain = ChainCase(enter: 20, leave: 30)
        let fault = Fault(
            frequency: .burst(
                enter: Ratio(chain.enter, of: 100), leave: Ratio(chain.leave, of: 100),
                slot: 10 * ms), effect: .hang(HangFault()))
        let model = model([fault])
        var on = 0
        for slot in 0..<500 as Range<Int64> {
            let words = Set(
                (0..<5 as Range<UInt64>).map {
                    model.foresee(arrival($0), at: slot * 10 * ms + Int64($0) * 2 * ms).word
                })
            #expect(words.count == 1)
            let probability = model.failureProbability(arrival(9), at: slot * 10 * ms + 3)
            #expect(probability == (words == ["hang"] ? 1 : 0))
            on += words == ["hang"] ? 1 : 0
        }
        #expect((100...300).contains(on))
    }

    // MARK: Edges

    private static let edgy: [Fault] = [
        status(503, Schedule(start: 90 * ms, duration: 35 * ms, period: 120 * ms), percent(60)),
        Fault(
            schedule: Schedule(start: 200 * ms, duration: 600 * ms),
            frequency: .burst(enter: Ratio(1, of: 5), leave: Ratio(1, of: 2), slot: 7 * ms),
            effect: .reset(ResetFault())),
        slow(.fixed(150 * ms), Schedule(start: 905 * ms)),
        Fault(
            frequency: .burst(enter: Ratio(1, of: 20), leave: Ratio(1, of: 3), slot: 11 * ms),
            effect: .empty(EmptyFault())),
    ]

    /// Looked at every millisecond, which all edges are multiples of, on the way from edge to edge.
    @Test func betweenTwoEdgesNothingChanges() {
        let (model, watched) = (model(Self.edgy), model(Self.edgy))
        var edge: Int64 = -1
        var (edges, changes) = (0, 0)
        var last = 0.0
        for instant in stride(from: 0, to: 1_500 * ms, by: Int64.Stride(ms)) {
            let probability = model.failureProbability(arrival(), at: instant)
            if instant >= edge {
                if edge >= 0 { #expect(instant == edge) }
                edge = watched.nextEdge(after: instant) ?? .max
                edges += 1
            } else {
                #expect(probability == last, "at \(instant)")
            }
            if probability != last { changes += 1 }
            last = probability
        }
        #expect(changes > 20)
        #expect(edges >= changes)
    }

    @Test func whatNeverChangesHasNoEdge() {
        #expect(model([status(503)]).nextEdge(after: 0) == nil)
        #expect(model(quota: Quota(rate: .perSecond(1), burst: 1)).nextEdge(after: 0) == nil)
        let past = model([status(503, Schedule(start: 0, duration: second))])
        #expect(past.nextEdge(after: 0) == second && past.nextEdge(after: second) == nil)
    }

    @Test func aTokenForAnEmptyBucketIsAnEdge() {
        let model = model(quota: Quota(rate: .perSecond(2), burst: 2))
        _ = model.decide(arrival(0), at: 0)
        #expect(model.nextEdge(after: 0) == nil)
        _ = model.decide(arrival(1), at: 0)
        #expect(model.nextEdge(after: 0) == second / 2)
        #expect(model.nextEdge(after: second / 2) == nil)
    }

    /// Looks that follow one another by `nextEdge` see a queue through to its end, at a pace that
    /// falls with its length but not for ever.
    @Test func aQueueIsWatchedUntilItIsOver() {
        let model = model(capacity: Capacity(servers: 1, queue: 50, service: .fixed(10 * ms)))
        for number in 0..<51 as Range<UInt64> { _ = model.decide(arrival(number), at: 0) }
        #expect(model.failureProbability(arrival(99), at: 0) == 1)
        var instant: Int64 = 0
        var healthyFrom: Int64?
        var looks = 0
        while let next = model.nextEdge(after: instant) {
            #expect(next > instant)
            if healthyFrom == nil, model.failureProbability(arrival(99), at: next) < 0.5 {
                healthyFrom = next
            }
            instant = next
            looks += 1
        }
        #expect(looks < 100 && instant >= 510 * ms)
        // 510 ms of work; healthy once at most 90 ms are left, seen a sixteenth of them late.
        #expect((420 * ms...430 * ms).contains(healthyFrom ?? 0))
    }

    // MARK: Clearing

    @Test func aQueueClearsWhereItDrainsInTime() {
        let model = model(capacity: Capacity(servers: 1, queue: 50, service: .fixed(10 * ms)))
        for number in 0..<51 as Range<UInt64> { _ = model.decide(arrival(number), at: 0) }
        #expect(model.clears(arrival(99), of: .failure, from: 0, within: second))
        #expect(!model.clears(arrival(99), of: .failure, from: 0, within: 400 * ms))
    }

    @Test func aQuotaClearsWhereATokenComesInTime() {
        let model = model(quota: Quota(rate: .perSecond(1), burst: 1))
        _ = model.decide(arrival(0), at: 0)
        #expect(model.clears(arrival(1), of: .rateLimit, from: 0, within: second + 1))
        #expect(!model.clears(arrival(1), of: .rateLimit, from: 0, within: second))
        // A 429 is nothing that a breaker minds.
        #expect(model.clears(arrival(1), of: .failure, from: 0, within: 0))
    }

    /// A token is of no use while every request is answered 429 all the same.
    @Test func aQuotaAndAFaultMustClearTogether() {
        let limited = status(429, Schedule(start: 500 * ms, duration: 3 * second))
        let model = model([limited], quota: Quota(rate: .perSecond(1), burst: 1))
        _ = model.decide(arrival(0), at: 0)
        #expect(!model.clears(arrival(1), of: .rateLimit, from: 0, within: 3 * second))
        #expect(model.clears(arrival(1), of: .rateLimit, from: 0, within: 4 * second))
    }

    struct Clearing: Sendable, CustomTestStringConvertible {
        let fault: Fault
        let cause: PassingCause
        let isClear: Bool

        init(_ fault: Fault, _ cause: PassingCause, _ isClear: Bool) {
            (self.fault, self.cause, self.isClear) = (fault, cause, isClear)
        }

        var testDescription: String {
            let length = fault.schedule.duration.map { "for \($0) ns" } ?? "for ever"
            return "\(fault.effect) \(length), of \(cause): \(isClear)"
        }
    }

    @Test(arguments: [
        Clearing(status(429, Schedule(start: 0, duration: second)), .rateLimit, true),
        Clearing(status(429, Schedule(start: 0, duration: 9 * second)), .rateLimit, false),
        Clearing(status(429), .rateLimit, false),
        Clearing(status(429, .always, percent(49)), .rateLimit, true),
        Clearing(status(429), .failure, true), Clearing(status(503), .rateLimit, true),
        Clearing(status(503), .failure, false), Clearing(status(408), .failure, true),
        Clearing(status(408), .requestTimeout, false), Clearing(status(503), .requestTimeout, true),
        Clearing(status(408, Schedule(start: 0, duration: second)), .requestTimeout, true),
        Clearing(status(503, Schedule(start: 0, duration: second)), .failure, true),
        Clearing(status(503, Schedule(start: 0, duration: 9 * second)), .failure, false),
    ])
    func eachCauseClearsForItself(_ each: Clearing) {
        let model = model([each.fault])
        #expect(
            model.clears(arrival(), of: each.cause, from: 0, within: 5 * second) == each.isClear)
    }
}
