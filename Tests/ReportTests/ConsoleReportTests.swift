import Report
import ScenarioFile
import Testing

@testable import Flight

@Suite struct ConsoleReportTests {
    private func text(
        _ flown: [FlownScenario], _ series: [FlownSeries] = [], hasColor: Bool = false
    ) -> String {
        ConsoleReport(hasColor: hasColor).text(flown, series)
    }

    @Test func aFailedFlightNamesLineFigureAndRequests() throws {
        let flown = FlownScenario(
            file: "scenarios/outage.yaml",
            flight: result(try outage(), figures: exampleFigures, invariants: exampleInvariants))
        #expect(text([flown]) == Self.failed)
    }

    private static let failed = """
        scenario   seed  requests  attempts   success      p50         p95     p99  opens  flown      in  verdict
        An outage    42        10        12  90.000 %  40.0 ms  1 080.0 ms  12.3 s      0   11 s  0.12 s   failed

        An outage (seed 42)
          scenarios/outage.yaml:15: success_rate == 100%: failed, observed 90.000 % (10 samples)
              requests that broke it: 3
              windtunnel trace show reports/outage/simulated/42/trace.jsonl.gz --request 3
          scenarios/outage.yaml:16: latency.p50 <= 10ms: failed, observed 40.0 ms (9 samples)
              requests that broke it: 2, 8
              windtunnel trace show reports/outage/simulated/42/trace.jsonl.gz --request 2
          scenarios/outage.yaml:17: latency.max{load=users} <= 1s: failed (advisory), observed 12.3 s (9 samples)
              requests that broke it: 2
              windtunnel trace show reports/outage/simulated/42/trace.jsonl.gz --request 2
          violated: limiter's bound in every 60 s: 2 of 1200 times
              request 7 at 1.500000 s: 61 sends within 9 ns
              windtunnel trace show reports/outage/simulated/42/trace.jsonl.gz --request 7

        0 passed, 1 failed, 0 inconclusive; invariants checked 1 210 times; never exercised: \
        \(Self.idleButTwo)

        """

    /// The invariants that the example's flight does not exercise.
    private static let idleButTwo =
        Invariant.allCases.filter { $0 != .sendsBounded && $0 != .limiterBound }
        .map(\.name).joined(separator: "; ")

    /// The invariants that no flight of a run exercises.
    private static let idle =
        Invariant.allCases.map(\.name).joined(separator: "; ")

    @Test func aQuietFlightIsOneRow() throws {
        var scenario = try outage()
        scenario.expectations = []
        let flown = FlownScenario(
            file: "a.yaml", flight: result(scenario, figures: [figure("requests", 3, samples: 3)]))
        #expect(
            text([flown]) == """
                scenario   seed  requests  attempts  success  p50  p95  p99  opens  flown      in  verdict
                An outage    42         3         -        -    -    -    -      -   11 s  0.12 s   passed

                1 passed, 0 failed, 0 inconclusive; invariants checked 0 times; \
                never exercised: \(Self.idle)

                """)
    }

    @Test func aSeriesShowsItsInterval() throws {
        var scenario = try outage()
        scenario.expectations = [try Expectation("latency.p50 <= 6ms", line: 20)]
        let flights = (1...10).map { value in
            result(scenario, figures: [figure("latency.p50", Double(value), samples: 50)])
        }
        let series = FlownSeries(file: "a.yaml", flights: flights)
        #expect(series.verdict == .inconclusive)
        let flown = flights.map { FlownScenario(file: "a.yaml", flight: $0, isJudged: false) }
        #expect(
            text([flown[0]], [series]) == """
                scenario   seed  requests  attempts  success     p50  p95  p99  opens  flown      in  verdict
                An outage    42         -         -        -  1.0 ms    -    -      -   11 s  0.12 s    flown

                An outage, 10 seeds together: inconclusive
                  a.yaml:20: latency.p50 <= 6ms: inconclusive, observed 5.5 ms, \
                95 % interval 3.3 ms to 7.7 ms (500 samples)
                      the interval of the seeds straddles the limit

                0 passed, 0 failed, 1 inconclusive; invariants checked 0 times; \
                never exercised: \(Self.idle)

                """)
    }

    @Test func coloursAreOnlyWhereTheyAreWanted() throws {
        let flown = FlownScenario(
            file: "a.yaml",
            flight: result(try outage(), figures: exampleFigures, invariants: exampleInvariants))
        let colored = text([flown], hasColor: true)
        #expect(colored.contains("\u{1b}[31m"))
        var plain = ""
        var isEscaped = false
        for character in colored.unicodeScalars {
            if character == "\u{1b}" { isEscaped = true }
            if !isEscaped { plain.unicodeScalars.append(character) }
            if character == "m" { isEscaped = false }
        }
        #expect(plain == text([flown]))
        #expect(!text([flown]).contains("\u{1b}"))
    }
}
