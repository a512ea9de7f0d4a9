import KeyedChance
import ScenarioFile
import Testing

@Suite struct ExpectationTests {
    @Test("Every metric is in the catalogue once, with a meaning") func catalogue() {
        #expect(Metric.all.map(\.name) == MetricName.allCases)
        #expect(Set(Metric.all.map(\.meaning)).count == Metric.all.count)
        #expect(Metric.all.allSatisfy { !$0.meaning.isEmpty && !$0.meaning.contains("\n") })
        #expect(Metric(named: "latency.p95")?.unit == .duration)
        #expect(Metric(named: "latency.p96") == nil)
    }

    @Test("Every metric takes a limit in its unit, and none in another", arguments: Metric.all)
    func units(metric: Metric) throws {
        let limits: [Metric.Unit: String] = [
            .count: "5", .ratio: "99.9%", .factor: "1.25", .duration: "1.5ms", .throughput: "30/m",
        ]
        for unit in Metric.Unit.allCases {
            let limit = try #require(limits[unit])
            let expression = "\(metric.name) >= \(limit)"
            // A whole number is also a plain number.
            if unit == metric.unit || (metric.unit == .factor && unit == .count) {
                #expect(try Expectation(expression).metric == metric.name)
            } else {
                #expect(throws: ScenarioError.self) { try Expectation(expression) }
            }
        }
    }

    @Test(
        "A limit is exact in the metric's unit",
        arguments: [
            ("requests == 3", Ratio(3, of: 1)), ("success_rate > 99.9%", Ratio(999, of: 1_000)),
            ("retry.amplification < 1.25", Ratio(5, of: 4)),
            ("latency.p50 <= 1.5us", Ratio(3, of: 2_000)),
            ("latency.max <= 2s", Ratio(2_000, of: 1)), ("throughput >= 30/m", Ratio(1, of: 2)),
        ])
    func limits(expression: String, exact: Ratio) throws {
        let expectation = try Expectation(expression)
        #expect(expectation.limit.exact == exact)
        #expect(expectation.limit.value == exact.double)
    }

    @Test(
        "Spaces are free, and the expression is kept as written",
        arguments: [
            "latency.p95{load=a-b.c}<=1s", "latency.p95{ load = a-b.c }  <=  1s",
            "  latency.p95{load=a-b.c} <= 1s  ",
        ])
    func spaces(expression: String) throws {
        let expectation = try Expectation(expression, isAdvisory: true, line: 3)
        #expect(expectation.metric == .latencyP95)
        #expect(expectation.load == "a-b.c")
        #expect(expectation.comparison == .lessOrEqual)
        #expect(expectation.limit.text == "1s")
        #expect(
            expectation.expression
                == String(expression.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()))
        #expect(expectation.isAdvisory)
        #expect(expectation.line == 3)
    }

    @Test("Where an expectation stands is not part of what it says") func line() throws {
        #expect(try Expectation("requests > 1", line: 1) == Expectation("requests > 1", line: 2))
        #expect(try Expectation("requests > 1") != Expectation("requests > 1", isAdvisory: true))
    }
}
