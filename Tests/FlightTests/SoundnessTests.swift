import Testing

@testable import Flight

/// A client that follows the rules violates no invariant, whatever the upstream does.
@Suite struct SoundnessTests {
    @Test(arguments: NastyScenarios.names) func aRightClientRaisesNoAlarm(name: String) throws {
        let plan = try NastyScenarios.scenario(name)
        for seed in 1...10 as ClosedRange<UInt64> {
            let flight = try FlightRun.fly(plan, FlightOptions(seed: seed, version: "test"))
            try #require(flight.violated == [], "seed \(seed)")
            try #require(flight.value("requests") ?? 0 > 100)
        }
    }

    /// The scenarios here do not cancel requests.
    @Test func togetherTheyPutEveryInvariantToTheTest() throws {
        var checked = [UInt64](repeating: 0, count: Invariant.allCases.count)
        for name in NastyScenarios.names {
            let plan = try NastyScenarios.scenario(name)
            for result in try FlightRun.fly(plan, FlightOptions(seed: 1, version: "test"))
                .invariants
            {
                if let invariant = result.invariant {
                    checked[invariant.rawValue] += result.checked
                }
            }
        }
        let idle = Invariant.allCases.filter { checked[$0.rawValue] == 0 }
        #expect(idle == [.nothingAfterCancel])
    }

    /// Related figures agree with each other in every scenario.
    @Test(arguments: NastyScenarios.names) func figuresAgreeWithEachOther(name: String) throws {
        let plan = try NastyScenarios.scenario(name)
        for seed in 1...5 as ClosedRange<UInt64> {
            let flight = try FlightRun.fly(plan, FlightOptions(seed: seed, version: "test"))
            let requests = try #require(flight.value("requests"))
            let success = try #require(flight.value("success_rate"))
            #expect(success + (flight.value("fallback_rate") ?? 0) <= 1)
            #expect(flight.figure("latency.p50")?.samples == UInt64((success * requests).rounded()))
            #expect(flight.figure("latency.all.p50")?.samples == UInt64(requests))
            let sent = try #require(flight.figure("retry.amplification"))
            #expect(sent.value == (flight.value("attempts") ?? 0) / Double(sent.samples))
            #expect(
                flight.figure("retry_after.intrusions")?.samples
                    == flight.figure("attempts")?.samples)
            for family in ["latency", "latency.sent", "latency.all"] {
                let levels = ["p50", "p95", "p99", "p999", "max"].compactMap {
                    flight.value("\(family).\($0)")
                }
                #expect(levels == levels.sorted())
            }
            for figure in flight.figures where figure.samples == 0 && figure.name.hasSuffix("rate")
            {
                #expect(figure.value == nil)
            }
        }
    }
}
