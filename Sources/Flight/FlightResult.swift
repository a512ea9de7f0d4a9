public import ScenarioFile

/// The result of a flight.
public struct FlightResult: Sendable {
    /// The scenario that was flown, with overrides applied.
    public var scenario: Scenario
    /// The seed of all random numbers of the flight.
    public var seed: UInt64
    /// The mode of the flight.
    public var mode: FlightMode
    /// SHA-256 of the event lines, in hexadecimal.
    public var digest: String
    /// Number of event lines.
    public var lines: UInt64
    /// Size of the trace file in bytes; 0: there is none.
    public var traceBytes: UInt64
    /// Path of the trace file; nil: no trace was kept.
    public var tracePath: String?
    /// Virtual time at the end of the last request, in seconds.
    public var virtualSeconds: Double
    /// Elapsed real time, in seconds.
    public var wallSeconds: Double
    /// All figures: first those of all requests, then those of single loads.
    public var figures: [Figure]
    /// All invariants, including those that were never exercised.
    public var invariants: [InvariantResult]
    /// Whether the flight was interrupted before its end.
    public var isInterrupted: Bool
    /// The flight over time; nil: a served scenario, or left out to save memory.
    public var timeline: Timeline?
    /// How precisely the decided delays were delivered; nil: the flight was in virtual time.
    public var delivery: DeliveryFigures?

    /// The figure of a metric, of one load or (nil) of all requests; nil: the flight has no such figure.
    public func figure(_ name: String, load: String? = nil) -> Figure? {
        figures.first { $0.name == name && $0.load == load }
    }

    /// Whether at least one invariant has cases in which it cannot be told whether it held.
    public var isUnclear: Bool { invariants.contains { $0.unclear > 0 } }

    /// Whether at least one invariant was violated.
    public var hasViolations: Bool { invariants.contains { $0.violations > 0 } }
}

/// The mode in which a scenario is flown.
public enum FlightMode: String, Sendable, Hashable, CaseIterable {
    /// In memory, on virtual time.
    case simulated
    /// Over real sockets, on virtual time.
    case wire
    /// Over real sockets, in real time.
    case live
    /// Only the upstream, in real time, for an external client.
    case serve
}
