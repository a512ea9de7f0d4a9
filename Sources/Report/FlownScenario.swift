public import Flight
import ScenarioFile

/// A flight with its judgement: what reports are about.
public struct FlownScenario: Sendable {
    /// As the user named it.
    public var file: String
    /// What the flight has shown.
    public var flight: FlightResult
    /// In the order of the file; empty where the flight is not judged by itself.
    public var expectations: [ExpectationResult]
    /// False where the flight is one of a series that is judged as a whole.
    public var isJudged: Bool
    /// How the client ended that was run against a served scenario, as a shell says it; nil: none was.
    package var clientExitCode: Int32?

    /// Judges a flight.
    public init(file: String, flight: FlightResult, isJudged: Bool = true) {
        self.isJudged = isJudged
        self.file = file
        self.flight = flight
        expectations = isJudged ? Judge.judge(flight) : []
        guard flight.isInterrupted else { return }
        // The part that was flown says nothing sure about the whole.
        for index in expectations.indices {
            expectations[index].verdict = .inconclusive
            expectations[index].reason = "the flight was interrupted"
            expectations[index].offenders = []
        }
    }

    /// Of the expectations that are not advisory, and of the invariants. A flight that was interrupted
    /// has not passed, and neither has one of which nobody can tell whether an invariant held.
    public var verdict: Verdict {
        if flight.hasViolations { return .failed }
        if flight.isInterrupted { return .inconclusive }
        // Of a client that never came nothing is known.
        let hasSeenNothing = flight.mode == .serve && flight.figure("attempts")?.samples == 0
        return flight.isUnclear || hasSeenNothing
            ? expectations.verdict.and(.inconclusive) : expectations.verdict
    }
}

/// Flights of one scenario with ten seeds or more, judged together.
public struct FlownSeries: Sendable {
    /// As the user named it.
    public var file: String
    /// In the order of the seeds.
    public var flights: [FlightResult]
    /// In the order of the file.
    public var expectations: [ExpectationResult]

    /// Judges flights.
    public init(file: String, flights: [FlightResult]) {
        self.file = file
        self.flights = flights
        expectations = Judge.judge(series: flights)
    }

    /// Of the expectations that are not advisory, and of the invariants of all flights.
    public var verdict: Verdict {
        flights.contains { $0.hasViolations } ? .failed : expectations.verdict
    }
}

extension [ExpectationResult] {
    /// The worst of those that are not advisory, and can be judged.
    var verdict: Verdict {
        reduce(.passed) { $1.expectation.isAdvisory || !$1.isJudged ? $0 : $0.and($1.verdict) }
    }
}
