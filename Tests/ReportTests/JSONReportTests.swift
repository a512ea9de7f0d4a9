import Foundation
import Report
import ScenarioFile
import Testing

@testable import Flight

@Suite struct JSONReportTests {
    private func flown() throws -> FlownScenario {
        FlownScenario(
            file: "scenarios/outage.yaml",
            flight: result(try outage(), figures: exampleFigures, invariants: exampleInvariants))
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    /// The figure has samples and a note, but no value.
    @Test func aFigureWithoutANumberHasANote() throws {
        var recovery = figure("recovery_time", nil, samples: 2)
        recovery.note = "not recovered"
        let flown = FlownScenario(
            file: "a.yaml",
            flight: result(try outage("  - recovery_time <= 5s"), figures: [recovery]))
        let json = try object(try JSONReport.summary(version: "1.0", flown))
        let scenario = try #require(json["scenario"] as? [String: Any])
        let metrics = try #require(scenario["metrics"] as? [String: [String: Any]])
        let metric = try #require(metrics["recovery_time"])
        #expect(metric["value"] is NSNull && metric["samples"] as? Int == 2)
        #expect(metric["note"] as? String == "not recovered")
        let expectations = try #require(scenario["expectations"] as? [[String: Any]])
        let expectation = try #require(expectations.last)
        #expect(expectation["observed"] is NSNull)
        #expect(expectation["note"] as? String == "not recovered")
        #expect(expectation["verdict"] as? String == "failed")
        #expect(
            ConsoleReport(hasColor: false).text([flown], []).contains(
                "recovery_time <= 5s: failed, not recovered (2 samples)\n"))
    }

    /// The flight's expectations are not judged by themselves, so it must not be reported as
    /// passed.
    @Test func aFlightOfASeriesHasNotPassed() throws {
        func verdict(_ invariants: [InvariantResult]) throws -> (word: String?, judged: Bool?) {
            let flight = result(try outage(), figures: exampleFigures, invariants: invariants)
            let flown = FlownScenario(file: "a.yaml", flight: flight, isJudged: false)
            let json = try object(try JSONReport.summary(version: "1.0", flown))
            let scenario = try #require(json["scenario"] as? [String: Any])
            return (scenario["verdict"] as? String, scenario["judged"] as? Bool)
        }
        #expect(try verdict([]) == ("inconclusive", false))
        #expect(try verdict(exampleInvariants) == ("failed", false))
    }

    @Test func aRunHasTheFieldsThatUsersReadByName() throws {
        let text = try JSONReport.run(
            version: "1.0", verdict: .failed, [try flown()], [], errors: [])
        let run = try object(text)
        #expect(Set(run.keys) == ["version", "verdict", "scenarios"])
        #expect(run["version"] as? String == "1.0")
        #expect(run["verdict"] as? String == "failed")
        let scenarios = try #require(run["scenarios"] as? [[String: Any]])
        let scenario = try #require(scenarios.first)
        #expect(scenario["name"] as? String == "An outage")
        #expect(scenario["file"] as? String == "scenarios/outage.yaml")
        #expect(scenario["seed"] as? Int == 42)
        #expect(scenario["mode"] as? String == "simulated")
        #expect(scenario["verdict"] as? String == "failed")
        #expect(scenario["requests"] as? Int == 10)
        #expect(scenario["attempts"] as? Int == 12)
        #expect(scenario["virtual_seconds"] as? Double == 10.5)
        #expect(scenario["wall_seconds"] as? Double == 0.123)
        #expect(scenario["digest"] as? String == String(repeating: "ab", count: 32))
        #expect(scenario["trace"] as? String == "reports/outage/simulated/42/trace.jsonl.gz")
    }

    @Test func metricsAreByNameWithUnitAndSamples() throws {
        let text = try JSONReport.summary(version: "1.0", try flown())
        let scenario = try #require(try object(text)["scenario"] as? [String: Any])
        let metrics = try #require(scenario["metrics"] as? [String: [String: Any]])
        #expect(metrics.count == exampleFigures.count)
        let rate = try #require(metrics["success_rate"])
        #expect(Set(rate.keys) == ["value", "unit", "samples", "low", "high"])
        #expect(rate["value"] as? Double == 0.9 && rate["unit"] as? String == "ratio")
        #expect(rate["samples"] as? Int == 10 && rate["low"] is NSNull && rate["high"] is NSNull)
        #expect(metrics["retry.success_rate"]?["value"] is NSNull)
        let units = ["latency.p50", "throughput", "retry.amplification", "requests"].map {
            metrics[$0]?["unit"] as? String
        }
        #expect(units == ["ms", "1/s", "factor", "count"])
        #expect(metrics["latency.max{load=users}"]?["value"] as? Double == 12_345)
    }

    @Test func expectationsAndInvariantsSayWhatWasObserved() throws {
        let text = try JSONReport.summary(version: "1.0", try flown())
        let scenario = try #require(try object(text)["scenario"] as? [String: Any])
        let expectations = try #require(scenario["expectations"] as? [[String: Any]])
        #expect(
            expectations.map { $0["expression"] as? String } == [
                "success_rate == 100%", "latency.p50 <= 10ms", "latency.max{load=users} <= 1s",
            ])
        #expect(expectations.map { $0["verdict"] as? String } == ["failed", "failed", "failed"])
        #expect(expectations.map { $0["line"] as? Int } == [15, 16, 17])
        #expect(expectations[0]["observed"] as? Double == 0.9)
        #expect(expectations[0]["samples"] as? Int == 10)
        #expect(expectations[0]["offenders"] as? [Int] == [3])
        #expect(expectations.map { $0["advisory"] as? Bool } == [false, false, true])
        let invariants = try #require(scenario["invariants"] as? [[String: Any]])
        #expect(
            invariants.map { $0["name"] as? String } == [
                "sends within the policy's bound", "limiter's bound in every 60 s",
            ])
        #expect(invariants.map { $0["checked"] as? Int } == [10, 1_200])
        #expect(invariants.map { $0["violations"] as? Int } == [0, 2])
    }

    @Test func equalResultsAreEqualBytesAndEndWithALineBreak() throws {
        let texts = try (0..<5).map { _ in
            try JSONReport.run(version: "1.0", verdict: .failed, [try flown()], [], errors: ["x"])
        }
        #expect(Set(texts).count == 1)
        #expect(texts[0].hasSuffix("}\n"))
        #expect(try object(texts[0])["errors"] as? [String] == ["x"])
    }

    @Test func aSeriesStandsBesideItsFlights() throws {
        let flights = try (1...10).map { value in
            var flight = result(
                try outage(), figures: [figure("latency.p50", Double(value), samples: 50)])
            flight.seed = UInt64(value)
            return flight
        }
        let text = try JSONReport.run(
            version: "1.0", verdict: .passed, [], [FlownSeries(file: "a.yaml", flights: flights)],
            errors: [])
        let series = try #require(try object(text)["series"] as? [[String: Any]])
        #expect(series[0]["seeds"] as? [Int] == Array(1...10))
        let expectation = try #require((series[0]["expectations"] as? [[String: Any]])?[1])
        #expect(expectation["verdict"] as? String == "passed")
        #expect(expectation["observed"] as? Double == 5.5)
        #expect(abs((expectation["low"] as? Double ?? 0) - 3.334) < 0.001)
    }

    /// An invariant that is violated fails a flight that meets all expectations; an advisory does not.
    @Test func whatMakesAFlightsVerdict() throws {
        var scenario = try outage()
        scenario.expectations = [
            try Expectation("requests == 10"), try Expectation("requests == 11", isAdvisory: true),
        ]
        let figures = [figure("requests", 10, samples: 10)]
        let good = FlownScenario(file: "a", flight: result(scenario, figures: figures))
        #expect(good.expectations.map(\.verdict) == [.passed, .failed] && good.verdict == .passed)
        let bad = FlownScenario(
            file: "a", flight: result(scenario, figures: figures, invariants: exampleInvariants))
        #expect(bad.verdict == .failed)
        let unjudged = FlownScenario(
            file: "a", flight: result(scenario, figures: figures), isJudged: false)
        #expect(unjudged.expectations.isEmpty && unjudged.verdict == .passed)
    }
}
