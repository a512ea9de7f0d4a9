import ScenarioFile
import Testing
import Upstream

@testable import Flight

@Suite struct JudgeTests {
    private func flight(
        _ expression: String, _ value: Double?, samples: UInt64, isAdvisory: Bool = false
    ) throws -> FlightResult {
        let expectation = try Expectation(expression, isAdvisory: isAdvisory, line: 7)
        let load = Load(name: "a", rate: .steady(.perSecond(1)), path: "/a")
        return FlightResult(
            scenario: Scenario(
                name: "a test", duration: second, loads: [load], expectations: [expectation]),
            seed: 1, mode: .simulated, digest: "", lines: 0, traceBytes: 0, tracePath: nil,
            virtualSeconds: 1, wallSeconds: 0,
            figures: [
                Figure(expectation.metric.rawValue, value, samples: samples, offenders: [3, 5])
            ], invariants: [], isInterrupted: false)
    }

    private func verdict(_ expression: String, _ value: Double?, samples: UInt64) throws -> Verdict
    {
        try #require(Judge.judge(try flight(expression, value, samples: samples)).first).verdict
    }

    // MARK: One flight

    @Test(arguments: [
        ("success_rate >= 99%", 0.99, true), ("success_rate >= 99%", 0.9899, false),
        ("success_rate > 99%", 0.99, false), ("success_rate < 1%", 0.0, true),
        ("success_rate < 1%", 0.01, false), ("success_rate <= 1%", 0.01, true),
        ("requests == 12", 12, true), ("requests == 12", 13, false), ("requests != 12", 13, true),
        ("requests != 12", 12, false), ("success_rate == 100%", 1, true),
        ("success_rate == 100%", 0.999_999, false), ("latency.p95 <= 500ms", 500, true),
        ("latency.p95 <= 500ms", 500.001, false), ("throughput >= 60/m", 1, true),
        ("retry.amplification <= 1.02", 1.02, true),
    ])
    func aValueMeetsItsLimitOrNot(expression: String, value: Double, isMet: Bool) throws {
        #expect(try verdict(expression, value, samples: 1_000_000) == (isMet ? .passed : .failed))
    }

    /// 3.84 / d, rounded up. d is the distance from the nearer of 0 and 1, or the share beyond a quantile.
    @Test(
        arguments: [
            ("success_rate >= 99%", 384), ("success_rate < 1%", 384), ("success_rate >= 95%", 77),
            ("success_rate >= 50%", 8), ("success_rate >= 99.9%", 3_840),
            ("success_rate >= 99.99999%", 38_400_000), ("success_rate >= 96.16%", 100),
            ("latency.p50 < 1s", 8), ("latency.p95 < 1s", 77), ("latency.p99 < 1s", 384),
            ("latency.sent.p999 < 1s", 3_840), ("latency.all.p95 < 1s", 77),
            ("latency.max < 1s", 1),
            ("requests > 3", 1), ("throughput > 3/s", 1), ("retry.amplification < 2", 1),
            // No value lies beyond these limits, and exact comparisons need no sample size.
            ("success_rate >= 100%", 1), ("success_rate > 0%", 1), ("success_rate == 99%", 1),
            ("success_rate != 99%", 1), ("latency.p99 == 1s", 1),
        ] as [(String, UInt64)])
    func aVerdictNeedsEnoughSamples(expression: String, needed: UInt64) throws {
        #expect(Judge.samplesNeeded(try Expectation(expression)) == needed)
        #expect(try verdict(expression, 0.5, samples: needed) != .inconclusive)
        if needed > 1 {
            #expect(try verdict(expression, 0.5, samples: needed - 1) == .inconclusive)
        }
    }

    @Test func withoutSamplesItIsInconclusive() throws {
        let result = try #require(
            Judge.judge(try flight("success_rate == 100%", nil, samples: 0)).first)
        #expect(result.verdict == .inconclusive)
        #expect(result.reason == "no samples")
        #expect(result.observed == nil && result.samples == 0)
    }

    @Test func aFigureThatTheFlightDoesNotHaveIsInconclusive() throws {
        var flight = try flight("success_rate >= 99%", 1, samples: 1_000)
        flight.figures = []
        #expect(Judge.judge(flight).first?.verdict == .inconclusive)
    }

    @Test func onlyAFailureNamesItsOffenders() throws {
        let failed = Judge.judge(try flight("success_rate >= 99%", 0.5, samples: 1_000))
        #expect(failed.first?.offenders == [3, 5])
        let passed = Judge.judge(try flight("success_rate >= 99%", 1, samples: 1_000))
        #expect(passed.first?.offenders == [])
    }

    // MARK: Ten seeds and more

    private func series(_ expression: String, _ values: [Double?]) throws -> ExpectationResult {
        let flights = try values.map { try flight(expression, $0, samples: $0 == nil ? 0 : 50) }
        return try #require(Judge.judge(series: flights).first)
    }

    /// Mean 5.5 ms; interval with t(9) from 3.334 to 7.666 ms.
    @Test(arguments: [
        ("latency.p95 <= 8ms", Verdict.passed), ("latency.p95 <= 7ms", .inconclusive),
        ("latency.p95 <= 5ms", .inconclusive), ("latency.p95 <= 3ms", .failed),
        ("latency.p95 >= 3ms", .passed), ("latency.p95 >= 8ms", .failed),
    ])
    func seedsTogetherAreJudgedByTheirInterval(expression: String, verdict: Verdict) throws {
        let result = try series(expression, (1...10).map(Double.init))
        #expect(result.verdict == verdict)
        #expect(result.observed == 5.5)
        #expect(abs((result.low ?? 0) - 3.334) < 0.001 && abs((result.high ?? 0) - 7.666) < 0.001)
        #expect(result.samples == 500)
    }

    @Test func exactTestsHoldForEverySeed() throws {
        let same = [Double?](repeating: 1, count: 10)
        #expect(try series("success_rate == 100%", same).verdict == .passed)
        #expect(try series("success_rate == 100%", same.dropLast() + [0.9]).verdict == .failed)
        #expect(try series("requests != 3", same).verdict == .passed)
    }

    /// The mean of ten equal values is that value, without rounding errors of the sum.
    @Test(arguments: [0.95, 0.99, 0.999, 0.1, 1.02, 1.0 / 3])
    func equalValuesHaveNoInterval(value: Double) throws {
        let interval = try #require(StudentInterval(Array(repeating: value, count: 10)))
        #expect(interval.mean == value && interval.low == value && interval.high == value)
    }

    @Test func aLimitAtTheCommonValueIsMet() throws {
        let same = [Double?](repeating: 0.95, count: 10)
        #expect(try series("success_rate >= 95%", same).verdict == .passed)
        #expect(try series("success_rate <= 95%", same).verdict == .passed)
        #expect(try series("success_rate < 95%", same).verdict == .failed)
    }

    @Test func aSeedWithoutSamplesMakesItInconclusive() throws {
        let result = try series("success_rate >= 95%", [Double?](repeating: 1, count: 9) + [nil])
        #expect(result.verdict == .inconclusive)
        #expect(result.reason == "no samples in 1 of 10 flights")
    }

    // MARK: Together

    @Test(arguments: [
        (Verdict.passed, Verdict.passed, Verdict.passed), (.passed, .inconclusive, .inconclusive),
        (.failed, .inconclusive, .failed), (.inconclusive, .failed, .failed),
        (.passed, .failed, .failed),
    ])
    func theWorseOfTwoVerdictsCounts(one: Verdict, other: Verdict, both: Verdict) {
        #expect(one.and(other) == both)
    }
}
