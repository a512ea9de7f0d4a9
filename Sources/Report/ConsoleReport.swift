import Flight
import ScenarioFile

/// The report that `run` prints on a terminal.
public struct ConsoleReport: Sendable {
    /// Whether the report contains escape sequences for colour.
    public var hasColor: Bool
    /// The program's name as it was called, so that printed commands can be pasted into a shell.
    public var program: String
    /// Whether the traces contain only the requests that failed.
    public var keepsFailuresOnly: Bool

    /// Creates a report. By default the program is called `windtunnel` and the traces contain all
    /// requests.
    public init(
        hasColor: Bool, program: String = "windtunnel", keepsFailuresOnly: Bool = false
    ) {
        self.hasColor = hasColor
        self.program = program
        self.keepsFailuresOnly = keepsFailuresOnly
    }

    /// The report's text: a table of all flights, the details of each failure, and one line of
    /// summary. It is empty if nothing was flown.
    public func text(_ flown: [FlownScenario], _ series: [FlownSeries]) -> String {
        guard !flown.isEmpty else { return "" }
        var lines = table(flown)
        for scenario in flown { lines += details(scenario) }
        for one in series { lines += details(one) }
        lines += ["", summary(flown, series)]
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: - The table

    private func table(_ flown: [FlownScenario]) -> [String] {
        var table = TextTable([
            "scenario", "seed", "requests", "attempts", "success", "p50", "p95", "p99", "opens",
            "flown", "in", "verdict",
        ])
        for scenario in flown {
            let flight = scenario.flight
            table.add([
                Wording.printable(flight.scenario.name), "\(flight.seed)",
                figure(flight, .requests),
                figure(flight, .attempts), figure(flight, .successRate),
                figure(flight, .latencyP50),
                figure(flight, .latencyP95), figure(flight, .latencyP99),
                figure(flight, .breakerOpens),
                Wording.fixed(flight.virtualSeconds, 0) + " s",
                Wording.fixed(flight.wallSeconds, 2) + " s",
                word(scenario),
            ])
        }
        return table.lines.enumerated().map { index, line in
            index == 0 ? paint(line, .bold) : tinted(line, flown[index - 1].verdict)
        }
    }

    private func word(_ scenario: FlownScenario) -> String {
        if scenario.flight.isInterrupted { return "interrupted" }
        // A flight of a series is not judged by itself, but its invariants may still have failed.
        return scenario.isJudged || scenario.verdict == .failed
            ? scenario.verdict.rawValue : "flown"
    }

    private func figure(_ flight: FlightResult, _ metric: MetricName) -> String {
        guard let value = flight.figure(metric.rawValue)?.value else { return "-" }
        return Wording.value(value, Metric(metric).unit)
    }

    // MARK: - Details

    private func details(_ scenario: FlownScenario) -> [String] {
        let flight = scenario.flight
        var lines: [String] = []
        for result in scenario.expectations where result.verdict != .passed {
            lines += expectation(result, file: scenario.file, trace: flight.tracePath)
        }
        lines += violations(flight)
        if let delivery = flight.delivery { lines.append("  " + delivered(delivery)) }
        guard !lines.isEmpty else { return [] }
        return [
            "", paint("\(Wording.printable(flight.scenario.name)) (seed \(flight.seed))", .bold),
        ]
            + lines
    }

    private func delivered(_ delivery: DeliveryFigures) -> String {
        guard let p50 = delivery.p50, let p99 = delivery.p99, let max = delivery.max else {
            return "no answer was delivered on time"
        }
        func later(_ milliseconds: Double) -> String { Wording.fixed(milliseconds, 2) + " ms" }
        var text =
            "\(Wording.grouped(delivery.samples)) answers came later than decided by "
            + "\(later(p50)) (p50), \(later(p99)) (p99), \(later(max)) (max)"
        if delivery.raced > 0 {
            text += "; \(Wording.grouped(delivery.raced)) ended otherwise than decided"
        }
        return text
    }

    private func details(_ series: FlownSeries) -> [String] {
        guard let first = series.flights.first else { return [] }
        var lines = [
            "",
            paint(
                "\(Wording.printable(first.scenario.name)), \(series.flights.count) seeds together",
                .bold)
                + ": \(series.verdict.rawValue)",
        ]
        for result in series.expectations {
            lines += expectation(result, file: series.file, trace: nil)
        }
        return lines
    }

    /// The lines about an expectation. `range` names the interval between a lower and an upper
    /// value; it is used only if the result has both.
    func expectation(
        _ result: ExpectationResult, file: String, trace: String?,
        range: String = "95 % interval"
    ) -> [String] {
        let expectation = result.expectation
        let place = Wording.printable("\(file):\(expectation.line): \(expectation.expression)")
        guard result.isJudged else { return ["  \(place): \(result.reason)"] }
        let unit = Metric(expectation.metric).unit
        var observed =
            result.observed.map { "observed " + Wording.value($0, unit) }
            ?? result.note ?? "nothing observed"
        if let low = result.low, let high = result.high {
            observed +=
                ", \(range) \(Wording.value(low, unit)) to \(Wording.value(high, unit))"
        }
        let few = Wording.note(nil, isOfFewEvents: result.isOfFewEvents).map { ", " + $0 }
        observed += " (\(Wording.grouped(result.samples)) samples\(few ?? ""))"
        var word = paint(result.verdict.rawValue, result.verdict == .failed ? .red : .yellow)
        if result.verdict == .passed { word = paint(result.verdict.rawValue, .green) }
        if expectation.isAdvisory { word += " (advisory)" }
        var lines = ["  \(place): \(word), \(observed)"]
        if !result.reason.isEmpty { lines.append("      \(result.reason)") }
        if !result.offenders.isEmpty {
            let ids = result.offenders.map { "\($0)" }.joined(separator: ", ")
            lines.append("      requests that broke it: \(ids)")
            lines += command(result.offenders.first, trace)
        }
        return lines
    }

    func violations(_ flight: FlightResult) -> [String] {
        flight.invariants.filter { $0.violations > 0 }.flatMap { result in
            let times = "\(result.violations) of \(result.checked) times"
            var lines = ["  \(paint("violated", .red)): \(result.name): \(times)"]
            for example in result.examples {
                let instant = Wording.fixed(Double(example.instant) / 1e9, 6)
                let text = Wording.printable(example.text)
                lines.append("      request \(example.request) at \(instant) s: \(text)")
            }
            return lines + command(result.examples.first?.request, flight.tracePath)
        }
    }

    /// The command that shows the story of a request. The result is empty if there is no trace.
    private func command(_ request: UInt64?, _ trace: String?) -> [String] {
        guard let request, let trace else { return [] }
        let words = [program, "trace", "show", trace, "--request", "\(request)"]
        let line = "      " + words.map { Wording.shellWord($0) }.joined(separator: " ")
        guard keepsFailuresOnly else { return [line] }
        return [line, "      (if this request did not fail, fly with --trace full first)"]
    }

    // MARK: - The last lines

    private func summary(_ flown: [FlownScenario], _ series: [FlownSeries]) -> String {
        let verdicts = flown.filter(\.isJudged).map(\.verdict) + series.map(\.verdict)
        func count(_ verdict: Verdict) -> Int { verdicts.filter { $0 == verdict }.count }
        let checks = flown.flatMap(\.flight.invariants).reduce(0) { $0 + $1.checked }
        let exercised = Set(
            flown.flatMap(\.flight.invariants).filter { $0.checked > 0 }.map(\.invariant))
        let idle = Invariant.allCases.filter { !exercised.contains($0) }.map(\.name)
        var text =
            "\(count(.passed)) passed, \(count(.failed)) failed, \(count(.inconclusive)) inconclusive"
        let interrupted = flown.filter(\.flight.isInterrupted).count
        if interrupted > 0 { text += " (\(interrupted) interrupted)" }
        text += "; invariants checked \(Wording.grouped(checks)) times"
        if !idle.isEmpty { text += "; never exercised: " + idle.joined(separator: "; ") }
        return text
    }

    // MARK: - Colour

    enum Color: String {
        case bold = "1"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    private func tinted(_ line: String, _ verdict: Verdict) -> String {
        switch verdict {
        case .passed: line
        case .failed: paint(line, .red)
        case .inconclusive: paint(line, .yellow)
        }
    }

    func paint(_ text: String, _ color: Color) -> String {
        hasColor ? "\u{1b}[\(color.rawValue)m\(text)\u{1b}[0m" : text
    }
}
