import HTTPTypes
import ScenarioFile
import Testing
import Upstream

@testable import Flight
@testable import Report

/// The text that `serve` prints.
@Suite struct ServedReportTests {
    private static let report = ServedReport(
        ConsoleReport(hasColor: false, program: "./windtunnel"))

    private func served(
        _ expressions: [String], figures: [Figure], invariants: [InvariantResult] = []
    ) throws -> FlownScenario {
        let expectations = try expressions.map { try Expectation($0, line: 7) }
        let load = Load(name: "a", rate: .steady(.perSecond(1)), path: "/a")
        let plan = Scenario(
            name: "Orders", duration: 1_000_000_000, loads: [load], expectations: expectations)
        var flight = result(plan, figures: figures, invariants: invariants)
        flight.mode = .serve
        flight.tracePath = "reports/a/serve/42/trace.jsonl.gz"
        return FlownScenario(file: "a.yaml", flight: flight)
    }

    private func ranged(_ name: String, _ value: Double, _ low: Double, _ high: Double) -> Figure {
        var figure = figure(name, value, samples: 4, offenders: [2])
        (figure.low, figure.high) = (low, high)
        return figure
    }

    private let unclear = InvariantResult(
        .backoffInEnvelope, checked: 3, violations: 0, unclear: 2, examples: [])

    @Test func whatIsUnclearIsToldWithWhatHelps() throws {
        let flown = try served(
            ["retry.amplification <= 1.2", "success_rate >= 99%"],
            figures: [
                figure("attempts", 6, samples: 6), ranged("retry.amplification", 1.5, 1, 1.5),
            ], invariants: [unclear])
        #expect(flown.verdict == .inconclusive)
        #expect(
            Self.report.text(flown) == """
                Orders, served for 10.5 s (seed 42)
                  figure                                value  samples
                  attempts                                  6        6
                  retry.amplification  1.500 (1.000 to 1.500)        4
                  a.yaml:7: retry.amplification <= 1.2: inconclusive, observed 1.500, possible range 1.000 to 1.500 (4 samples)
                      some sends may be attempts of one request or requests of their own
                      requests that broke it: 2
                      ./windtunnel trace show reports/a/serve/42/trace.jsonl.gz --request 2
                  a.yaml:7: success_rate >= 99%: cannot be judged from the upstream's side
                  unclear: every backoff inside its envelope: 2 times
                      Some sends may be retries or new requests. Let the client send the same X-Request-Id with all attempts of a request.

                inconclusive; invariants checked 3 times

                """)
    }

    @Test func whatCannotBeJudgedFailsNothing() throws {
        let flown = try served(
            ["success_rate >= 99%"], figures: [figure("attempts", 6, samples: 6)])
        #expect(flown.verdict == .passed)
        let json = try JSONReport.run(
            version: "1", verdict: flown.verdict, [flown], [], errors: [])
        #expect(json.contains(#""judged" : false"#))
    }

    @Test func whatIsUnclearStandsInTheDocument() throws {
        let flown = try served(
            [], figures: [figure("attempts", 6, samples: 6)], invariants: [unclear])
        let json = try JSONReport.summary(version: "1", flown)
        #expect(json.contains(#""unclear" : 2"#))
    }

    @Test func withoutARequestNothingHasPassed() throws {
        let flown = try served([], figures: [figure("attempts", 0, samples: 0)])
        #expect(flown.verdict == .inconclusive)
        #expect(Self.report.text(flown).contains("  no request arrived\n"))
    }

    @Test func anAttemptIsToldOnALineAndWhatIsWrongBelow() {
        let news = ServedNews(
            instant: 12_345_000_000, ticket: ServedTicket(request: 7, attempt: 2), method: "GET",
            path: "/a\u{1b}", recognizedBy: .requestID, isUnclear: false,
            decision: Decision(
                ending: .answer(
                    Answer(status: 429, fields: [.retryAfter: "2"], body: [])), delay: 20_000_000),
            findings: ["too early"])
        #expect(
            Self.report.lines(news) == [
                "   12.345 s  GET /a\\u{1b}  request 7, attempt 2 by X-Request-Id: 429 after 20.0 ms, "
                    + "Retry-After: 2",
                "             too early",
            ])
    }
}
