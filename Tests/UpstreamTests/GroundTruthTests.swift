import KeyedChance
import HTTPTypes
import Testing

@testable import Upstream

/// An upstream and its probability of failure, calculated by hand; nil: it is only measured.
struct TruthCase: Sendable, CustomTestStringConvertible {
    var name: String
    var latency: Distribution = .fixed(40 * ms)
    var routes: [Route] = []
    var faults: [Fault] = []
    var expected: Double?
    var testDescription: String { name }

    /// P(lognormal > 100 ms) where p99 is 100 ms.
    static let lognormal = Distribution.lognormal(median: 40 * ms, p99: 100 * ms)

    static let all: [TruthCase] = [
        TruthCase(name: "healthy", expected: 0),
        TruthCase(name: "a slow tail", latency: lognormal, expected: 0.01),
        TruthCase(
            name: "an answer at the reference timeout", latency: .fixed(100 * ms), expected: 0),
        TruthCase(name: "an answer after it", latency: .fixed(100 * ms + 1), expected: 1),
        TruthCase(name: "5xx always", faults: [status(503)], expected: 1),
        TruthCase(
            name: "5xx sometimes", faults: [status(500, .always, percent(30))], expected: 0.3),
        TruthCase(name: "429", faults: [status(429)], expected: 0),
        TruthCase(
            name: "404 with a slow tail", latency: lognormal, faults: [status(404)], expected: 0.01),
        TruthCase(
            name: "hang", faults: [Fault(frequency: percent(20), effect: .hang(HangFault()))],
            expected: 0.2),
        TruthCase(name: "refuse", faults: [Fault(effect: .refuse(RefuseFault()))], expected: 1),
        TruthCase(
            name: "reset", faults: [Fault(frequency: percent(45), effect: .reset(ResetFault()))],
            expected: 0.45),
        TruthCase(
            name: "malformed JSON",
            faults: [Fault(effect: .malformedJSON(MalformedJSONFault()))], expected: 0),
        TruthCase(name: "slow by a fixed time", faults: [slow(.fixed(70 * ms))], expected: 1),
        TruthCase(
            name: "sometimes slow", faults: [slow(.fixed(70 * ms), .always, percent(25))],
            expected: 0.25),
        // The first 503 takes 30 %, the 404 half of the rest, the reset 20 % of what is left then:
        // 0.3 + 0.7 * 0.5 * 0 + 0.35 * 0.2.
        TruthCase(
            name: "terminal faults in order",
            faults: [
                status(503, .always, percent(30)), status(404, .always, percent(50)),
                Fault(frequency: percent(20), effect: .reset(ResetFault())),
            ], expected: 0.37),
        // A 429 in front takes half of the failures away.
        TruthCase(
            name: "a 429 shadows a 503", faults: [status(429, .always, percent(50)), status(503)],
            expected: 0.5),
        TruthCase(
            name: "a route of its own",
            routes: [Route(path: try! PathPattern("/v1/**"), status: 502)], expected: 1),
        TruthCase(
            name: "out of scope", faults: [status(503, scope: .init(method: "POST"))], expected: 0),
        TruthCase(
            name: "out of its window", faults: [status(503, Schedule(start: second))], expected: 0),
        TruthCase(
            name: "a first attempt in a sequence",
            faults: [status(503, .always, .sequence(fail: 2, of: .eachRequest))], expected: 1),
        TruthCase(
            name: "two random delays",
            latency: .exponential(mean: 30 * ms), faults: [slow(.exponential(mean: 30 * ms))]),
        TruthCase(
            name: "delays and faults", latency: lognormal,
            faults: [
                slow(.uniform(from: 0, to: 90 * ms), .always, percent(40)),
                status(503, .always, percent(10)), status(429, .always, percent(20)),
                slow(.exponential(mean: 10 * ms)),
                Fault(frequency: percent(5), effect: .hang(HangFault())),
                Fault(frequency: percent(5), effect: .malformedJSON(MalformedJSONFault())),
            ]),
    ]

    var model: FaultyUpstream {
        upstream(latency: latency, routes: routes, faults, reference: 100 * ms)
    }
}

extension Decision {
    /// Whether a breaker would call it a failure, with a timeout of the reference.
    func fails(within reference: Int64) -> Bool {
        guard let answer else { return true }
        return answer.status >= 500 || delay > reference
    }
}

@Suite struct GroundTruthTests {
    @Test(arguments: TruthCase.all) func itIsWhatFollowsOnPaper(item: TruthCase) {
        let model = item.model
        let probability = model.failureProbability(arrival(), at: 0)
        #expect((0...1).contains(probability))
        if let expected = item.expected { #expect(abs(probability - expected) < 1e-9) }
    }

    /// Within 4 standard deviations of 20 000 attempts, and what the sum of distributions may be off.
    @Test(arguments: TruthCase.all) func itIsHowOftenAttemptsFail(item: TruthCase) {
        let model = item.model
        let probability = model.failureProbability(arrival(), at: 0)
        let count = 20_000
        let failed = (0..<UInt64(count)).count {
            model.foresee(arrival($0), at: 0).fails(within: 100 * ms)
        }
        let deviation = (probability * (1 - probability) / Double(count)).squareRoot()
        #expect(abs(Double(failed) / Double(count) - probability) <= 4 * deviation + 0.0005)
    }

    @Test func askingIsRememberedAndChangesNothing() {
        let model = TruthCase.all[TruthCase.all.count - 1].model
        let first = model.failureProbability(arrival(), at: 0)
        for request in 0..<50 as Range<UInt64> {
            _ = model.decide(arrival(request), at: 0)
            #expect(model.failureProbability(arrival(request), at: 0) == first)
        }
    }

    @Test func aLaterAttemptOfASequenceIsHealthy() {
        let model = upstream([status(503, .always, .sequence(fail: 2, of: .eachRequest))])
        let probabilities = (1...4).map { model.failureProbability(arrival(attempt: $0), at: 0) }
        #expect(probabilities == [1, 1, 0, 0])
    }

    // MARK: Clearing

    private func clears(
        _ faults: [Fault], from instant: Int64 = 0, within span: Int64 = 30 * second,
        latency: Distribution = .fixed(40 * ms)
    ) -> Bool {
        let model = upstream(latency: latency, faults)
        return model.clears(arrival(), of: .failure, from: instant, within: span)
    }

    @Test func whatFailsLessThanHalfTheTimeIsClearAlready() {
        #expect(clears([status(503, .always, percent(49))]))
        #expect(!clears([status(503, .always, percent(50))]))
        #expect(!clears([status(503)]))
        #expect(!clears([], latency: .fixed(6 * second)))
    }

    @Test(arguments: [(29, true), (30, false), (31, false)] as [(Int64, Bool)])
    func aWindowClearsWhereItEndsInTime(length: Int64, isClear: Bool) {
        #expect(clears([status(503, Schedule(start: 0, duration: length * second))]) == isClear)
    }

    @Test func oneWindowMayEndInAnother() {
        let first = status(503, Schedule(start: 0, duration: 10 * second))
        let overlapping = Fault(
            schedule: Schedule(start: 5 * second, duration: 30 * second),
            effect: .reset(ResetFault()))
        let touching = Fault(
            schedule: Schedule(start: 10 * second, duration: second), effect: .hang(HangFault()))
        #expect(!clears([first, overlapping]))
        #expect(clears([first, touching]))
    }

    @Test func anotherWindowMayOpenLater() {
        #expect(clears([status(503, Schedule(start: 0, duration: second, period: 2 * second))]))
        #expect(!clears([status(503, Schedule(start: 0, duration: second, period: second))]))
    }

    @Test(arguments: [(1, true), (3, true), (4, false)] as [(UInt32, Bool)])
    func aSequenceClearsWithAtMostThreeFailuresLeft(fail: UInt32, isClear: Bool) {
        #expect(clears([status(503, .always, .sequence(fail: fail, of: .eachRequest))]) == isClear)
        #expect(clears([status(503, .always, .sequence(fail: fail, of: .all))]) == isClear)
    }

    @Test func aSequenceOfAllClearsOnceItIsNearlySpent() {
        let model = upstream([status(503, .always, .sequence(fail: 5, of: .all))])
        // Before each: 5, 4 and 3 failures left, its own included.
        let cleared = (0..<3 as Range<UInt64>).map { request in
            _ = model.decide(arrival(request), at: 0)
            return model.clears(arrival(request), of: .failure, from: 0, within: 30 * second)
        }
        #expect(cleared == [false, false, true])
    }

    @Test func aSpanBeyondTheEndOfTimeDoesNotTrap() {
        #expect(clears([status(503, Schedule(start: 0, duration: second))], within: .max))
        #expect(!clears([status(503)], from: second, within: .max))
    }
}
