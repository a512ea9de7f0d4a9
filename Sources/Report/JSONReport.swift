public import Flight
import ScenarioFile

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The JSON documents that `--json` prints and `summary.json` contains. Keys are sorted, so equal
/// results give equal bytes except for `wall_seconds`.
public enum JSONReport {
    /// The document of a whole run, with a line break at its end.
    ///
    /// - Parameters:
    ///   - version: The tool's version.
    ///   - verdict: The verdict of the run as a whole.
    ///   - flown: The flights.
    ///   - series: The series of flights that are judged together.
    ///   - errors: Messages about scenarios that could not be flown.
    ///   - hasTimelines: Whether the timelines of the flights are included. Defaults to false.
    /// - Returns: The JSON text.
    /// - Throws: An error of the JSON encoder.
    public static func run(
        version: String, verdict: Verdict, _ flown: [FlownScenario], _ series: [FlownSeries],
        errors: [String], hasTimelines: Bool = false
    ) throws -> String {
        let document = try encode(
            RunEntry(
                version: version, verdict: verdict.rawValue,
                scenarios: flown.map { ScenarioEntry($0, hasTimeline: hasTimelines) },
                series: series.isEmpty ? nil : series.map { SeriesEntry($0) },
                errors: errors.isEmpty ? nil : errors))
        return TimelineEntry.filled(
            document, with: hasTimelines ? flown.compactMap(\.flight.timeline) : [])
    }

    /// The document of one flight, with a line break at its end.
    ///
    /// - Parameters:
    ///   - version: The tool's version.
    ///   - flown: The flight.
    /// - Returns: The JSON text.
    /// - Throws: An error of the JSON encoder.
    public static func summary(version: String, _ flown: FlownScenario) throws -> String {
        let document = try encode(
            SummaryEntry(version: version, scenario: ScenarioEntry(flown, hasTimeline: true)))
        return TimelineEntry.filled(document, with: flown.flight.timeline.map { [$0] } ?? [])
    }

    private static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }
}

private struct RunEntry: Encodable {
    let version: String
    let verdict: String
    let scenarios: [ScenarioEntry]
    let series: [SeriesEntry]?
    let errors: [String]?
}

private struct SummaryEntry: Encodable {
    let version: String
    let scenario: ScenarioEntry
}

private struct ScenarioEntry: Encodable {
    let name: String
    let file: String
    let requirements: [String]
    let seed: UInt64
    let mode: String
    let verdict: String
    let interrupted: Bool
    /// Written only if it is false: the expectations are judged over a series, which has its own
    /// verdict.
    let judged: Bool?
    /// Written only if a client command was run.
    let client_exit_code: Int32?
    let requests: UInt64
    let attempts: UInt64
    let virtual_seconds: Double
    let wall_seconds: Double
    let digest: String
    let lines: UInt64
    let trace: OrNull<String>
    let metrics: [String: MetricEntry]
    let expectations: [ExpectationEntry]
    let invariants: [InvariantEntry]
    /// Written only for live flights.
    let delivery: DeliveryEntry?

    let timeline: TimelineEntry?

    init(_ flown: FlownScenario, hasTimeline: Bool) {
        let flight = flown.flight
        timeline = hasTimeline && flight.timeline != nil ? TimelineEntry() : nil
        name = flight.scenario.name
        file = flown.file
        requirements = flight.scenario.requirements
        seed = flight.seed
        mode = flight.mode.rawValue
        let isOpen = !flown.isJudged && !flight.scenario.expectations.isEmpty
        verdict = (isOpen ? flown.verdict.and(.inconclusive) : flown.verdict).rawValue
        judged = isOpen ? false : nil
        interrupted = flight.isInterrupted
        client_exit_code = flown.clientExitCode
        requests = flight.figure("requests")?.samples ?? 0
        attempts = flight.figure("attempts")?.samples ?? 0
        virtual_seconds = flight.virtualSeconds
        wall_seconds = flight.wallSeconds
        digest = flight.digest
        lines = flight.lines
        trace = OrNull(flight.tracePath)
        metrics = MetricEntry.all(flight.figures)
        expectations = flown.expectations.map { ExpectationEntry($0) }
        invariants = flight.invariants.map { InvariantEntry($0) }
        delivery = flight.delivery.map { DeliveryEntry($0) }
    }
}

/// The delays with which answers arrived later than decided, in milliseconds.
private struct DeliveryEntry: Encodable {
    let p50: OrNull<Double>
    let p99: OrNull<Double>
    let max: OrNull<Double>
    let samples: UInt64
    let ended_otherwise: UInt64

    init(_ delivery: DeliveryFigures) {
        (p50, p99, max) = (OrNull(delivery.p50), OrNull(delivery.p99), OrNull(delivery.max))
        (samples, ended_otherwise) = (delivery.samples, delivery.raced)
    }
}

private struct SeriesEntry: Encodable {
    let name: String
    let file: String
    let seeds: [UInt64]
    let verdict: String
    let expectations: [ExpectationEntry]

    init(_ series: FlownSeries) {
        name = series.flights.first?.scenario.name ?? ""
        file = series.file
        seeds = series.flights.map(\.seed)
        verdict = series.verdict.rawValue
        expectations = series.expectations.map { ExpectationEntry($0) }
    }
}

private struct MetricEntry: Encodable {
    let value: OrNull<Double>
    let unit: String
    let samples: UInt64
    /// Written only if there is a note.
    let note: String?
    let low: OrNull<Double>
    let high: OrNull<Double>

    /// The entries by figure name. A figure of one load has a name such as
    /// `latency.p95{load=checkout}`.
    static func all(_ figures: [Figure]) -> [String: MetricEntry] {
        var entries: [String: MetricEntry] = [:]
        for figure in figures {
            let name = figure.load.map { "\(figure.name){load=\($0)}" } ?? figure.name
            entries[name] = MetricEntry(
                value: OrNull(figure.value), unit: unit(figure.name), samples: figure.samples,
                note: Wording.note(figure.note, isOfFewEvents: figure.isOfFewEvents),
                low: OrNull(figure.low), high: OrNull(figure.high))
        }
        return entries
    }

    private static func unit(_ name: String) -> String {
        switch Metric(named: name)?.unit {
        case .ratio: "ratio"
        case .factor: "factor"
        case .duration: "ms"
        case .throughput: "1/s"
        case .count, nil: "count"
        }
    }
}

private struct ExpectationEntry: Encodable {
    let expression: String
    let line: Int
    let observed: OrNull<Double>
    let note: String?
    let low: OrNull<Double>
    let high: OrNull<Double>
    let verdict: String
    let advisory: Bool
    let samples: UInt64
    let reason: String
    let offenders: [UInt64]
    /// Written only if it is false.
    let judged: Bool?

    init(_ result: ExpectationResult) {
        expression = result.expectation.expression
        line = result.expectation.line
        observed = OrNull(result.observed)
        note = Wording.note(result.note, isOfFewEvents: result.isOfFewEvents)
        low = OrNull(result.low)
        high = OrNull(result.high)
        verdict = result.verdict.rawValue
        advisory = result.expectation.isAdvisory
        samples = result.samples
        reason = result.reason
        offenders = result.offenders
        judged = result.isJudged ? nil : false
    }
}

private struct InvariantEntry: Encodable {
    let name: String
    let checked: UInt64
    let violations: UInt64
    /// Written only if it is above 0.
    let unclear: UInt64?
    let examples: [String]

    init(_ result: InvariantResult) {
        name = result.name
        checked = result.checked
        violations = result.violations
        unclear = result.unclear > 0 ? result.unclear : nil
        examples = result.examples.map { "request \($0.request) at \($0.instant) ns: \($0.text)" }
    }
}

/// An optional value that is written as `null` if it is missing. `Encodable` would leave it out.
private struct OrNull<Value: Encodable>: Encodable {
    private let value: Value?

    init(_ value: Value?) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value { try container.encode(value) } else { try container.encodeNil() }
    }
}
