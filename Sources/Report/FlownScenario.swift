public import Flight
import ScenarioFile

/// A flight together with its verdicts, as reports show it.
public struct FlownScenario: Sendable {
    /// The scenario file's path as the user gave it.
    public var file: String
    /// The result of the flight.
    public var flight: FlightResult
    /// The results of the expectations, in the order of the file. It is empty if the flight is not
    /// judged by itself.
    public var expectations: [ExpectationResult]
    /// Whether the flight is judged by itself. It is `false` for a flight of a series that is
    /// judged as a whole.
    public var isJudged: Bool
    /// The exit code of the client command that was run against a served scenario, or 128 plus the
    /// number of the signal that ended it. nil if no command was run.
    package var clientExitCode: Int32?

    /// Judges a flight. If it was interrupted, all its expectations are inconclusive.
    ///
    /// - Parameters:
    ///   - file: The scenario file's path as the user gave it.
    ///   - flight: The result of the flight.
    ///   - isJudged: Whether the flight is judged by itself. Defaults to `true`.
    public init(file: String, flight: FlightResult, isJudged: Bool = true) {
        self.isJudged = isJudged
        self.file = file
        self.flight = flight
        expectations = isJudged ? Judge.judge(flight) : []
        guard flight.isInterrupted else { return }
        // A part of a flight proves nothing about the whole.
        for index in expectations.indices {
            expectations[index].verdict = .inconclusive
            expectations[index].reason = "the flight was interrupted"
            expectations[index].offenders = []
        }
    }

    /// The verdict over all invariants and over the expectations that are not advisory. A violated
    /// invariant fails the flight. Otherwise it is inconclusive if it was interrupted, if an
    /// invariant could not be decided, or if it was served and received no request.
    public var verdict: Verdict {
        if flight.hasViolations { return .failed }
        if flight.isInterrupted { return .inconclusive }
        // If no client sent anything, nothing is known about the client.
        let hasSeenNothing = flight.mode == .serve && flight.figure("attempts")?.samples == 0
        return flight.isUnclear || hasSeenNothing
            ? expectations.verdict.and(.inconclusive) : expectations.verdict
    }
}

/// Flights of one scenario with ten seeds or more, which are judged together.
public struct FlownSeries: Sendable {
    /// The scenario file's path as the user gave it.
    public var file: String
    /// The results of the flights, in the order of their seeds.
    public var flights: [FlightResult]
    /// The results of the expectations, in the order of the file.
    public var expectations: [ExpectationResult]

    /// Judges flights together.
    ///
    /// - Parameters:
    ///   - file: The scenario file's path as the user gave it.
    ///   - flights: The results of the flights, in the order of their seeds.
    public init(file: String, flights: [FlightResult]) {
        self.file = file
        self.flights = flights
        expectations = Judge.judge(series: flights)
    }

    /// The verdict over the invariants of all flights and over the expectations that are not
    /// advisory.
    public var verdict: Verdict {
        flights.contains { $0.hasViolations } ? .failed : expectations.verdict
    }
}

extension [ExpectationResult] {
    /// The worst verdict of the expectations that are judged and not advisory.
    var verdict: Verdict {
        reduce(.passed) { $1.expectation.isAdvisory || !$1.isJudged ? $0 : $0.and($1.verdict) }
    }
}
