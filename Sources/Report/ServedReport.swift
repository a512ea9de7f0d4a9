package import Flight
import ScenarioFile
import Upstream

/// The text that `serve` prints while it runs and at its end.
package struct ServedReport: Sendable {
    private let console: ConsoleReport

    /// Creates a report with the colour and program name of `console`.
    package init(_ console: ConsoleReport) { self.console = console }

    // MARK: - While it goes on

    /// Describes one attempt on a line, and on further lines what is wrong with it.
    package func lines(_ news: ServedNews) -> [String] {
        let instant = Wording.fixed(Double(news.instant) / 1e9, 3)
        let padding = String(repeating: " ", count: max(0, 9 - instant.count))
        var line = padding + instant + " s  "
        line += Wording.printable("\(news.method) \(news.path)")
        line += "  request \(news.ticket.request)"
        if news.ticket.attempt > 1 { line += ", attempt \(news.ticket.attempt)" }
        if let by = news.recognizedBy { line += " by \(by.name)" }
        if news.isUnclear { line += " (or another request)" }
        line += ": " + Self.words(news.decision)
        if let retryAfter = news.retryAfter {
            line += Wording.printable(", Retry-After: \(retryAfter)")
        }
        return [line]
            + news.findings.map { console.paint("             " + Wording.printable($0), .red) }
    }

    private static func words(_ decision: Decision) -> String {
        let delay = " after " + Wording.duration(decision.delay)
        switch decision.ending {
        case .answer(let answer): return "\(answer.status)" + delay
        case .broken(let breakage, _): return breakage.rawValue + delay
        case .hang: return "hang"
        }
    }

    // MARK: - In the end

    /// The final report: the figures that can be measured at the upstream, the expectations, all
    /// violations, and one line of summary.
    package func text(_ served: FlownScenario) -> String {
        let flight = served.flight
        let seconds = Wording.fixed(flight.virtualSeconds, 1)
        let name = Wording.printable(flight.scenario.name)
        var lines = [console.paint("\(name), served for \(seconds) s (seed \(flight.seed))", .bold)]
        lines += figures(flight)
        if let code = served.clientExitCode { lines.append("  the client exited with \(code)") }
        if flight.figure("attempts")?.samples == 0 { lines.append("  no request arrived") }
        for result in served.expectations {
            lines += console.expectation(
                result, file: served.file, trace: flight.tracePath, range: "possible range")
        }
        lines += console.violations(flight)
        for result in flight.invariants where result.unclear > 0 {
            lines.append(
                "  \(console.paint("unclear", .yellow)): \(result.name): "
                    + Self.times(result.unclear))
        }
        if served.expectations.contains(where: { $0.verdict == .inconclusive && $0.isJudged })
            || flight.isUnclear, isAmbiguous(flight)
        {
            lines.append(
                "      Some sends may be retries or new requests. Let the client send the same "
                    + "X-Request-Id with all attempts of a request.")
        }
        return (lines + ["", summary(served)]).joined(separator: "\n") + "\n"
    }

    private static func times(_ count: UInt64) -> String {
        count == 1 ? "once" : "\(Wording.grouped(count)) times"
    }

    private func isAmbiguous(_ flight: FlightResult) -> Bool {
        flight.isUnclear || flight.figures.contains { $0.low != nil }
    }

    private func figures(_ flight: FlightResult) -> [String] {
        var table = TextTable(["  figure", "value", "samples"])
        for figure in flight.figures where figure.load == nil {
            let unit = Metric(named: figure.name)?.unit ?? .count
            var value = figure.value.map { Wording.value($0, unit) } ?? "no samples"
            if let low = figure.low, let high = figure.high {
                value += " (\(Wording.value(low, unit)) to \(Wording.value(high, unit)))"
            }
            table.add(["  " + figure.name, value, Wording.grouped(figure.samples)])
        }
        return table.lines
    }

    private func summary(_ served: FlownScenario) -> String {
        let flight = served.flight
        let checks = flight.invariants.reduce(0) { $0 + $1.checked }
        let idle = flight.invariants.filter { $0.checked == 0 && $0.unclear == 0 }
            .map(\.name)
        var text = flight.isInterrupted ? "interrupted" : served.verdict.rawValue
        text += "; invariants checked \(Wording.grouped(checks)) times"
        if !idle.isEmpty { text += "; never exercised: " + idle.joined(separator: "; ") }
        return text
    }
}
