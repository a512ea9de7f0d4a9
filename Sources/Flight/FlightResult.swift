public import ScenarioFile

/// What a flight has shown.
public struct FlightResult: Sendable {
    /// What was flown, overrides included.
    public var scenario: Scenario
    /// What the flight's chance grew from.
    public var seed: UInt64
    /// How it was flown.
    public var mode: FlightMode
    /// SHA-256 of the event lines, in hexadecimal.
    public var digest: String
    /// Event lines.
    public var lines: UInt64
    /// Bytes of the trace file; 0 where there is none.
    public var traceBytes: UInt64
    /// nil where no trace was kept.
    public var tracePath: String?
    /// Virtual time when the last request had ended, in seconds.
    public var virtualSeconds: Double
    /// How long the flight really took, in seconds.
    public var wallSeconds: Double
    /// All figures: those of all requests, then those narrowed to a load.
    public var figures: [Figure]
    /// Every invariant, exercised or not.
    public var invariants: [InvariantResult]
    /// Whether somebody stopped it before its end.
    public var isInterrupted: Bool
    /// How the flight went over time; nil for a served scenario, and where it was left out to save memory.
    public var timeline: Timeline?
    /// How exactly decided delays were delivered; nil in virtual time.
    public var delivery: DeliveryFigures?

    /// The figure of a metric; nil where the flight has none of that name.
    public func figure(_ name: String, load: String? = nil) -> Figure? {
        figures.first { $0.name == name && $0.load == load }
    }

    /// Whether nobody can tell of some invariant whether it held.
    public var isUnclear: Bool { invariants.contains { $0.unclear > 0 } }

    /// Whether an invariant was violated.
    public var hasViolations: Bool { invariants.contains { $0.violations > 0 } }
}

/// How a scenario is flown.
public enum FlightMode: String, Sendable, Hashable, CaseIterable {
    /// In memory, on virtual time.
    case simulated
    /// Over real sockets, on virtual time.
    case wire
    /// Over real sockets, in real time.
    case live
    /// The upstream alone, in real time, for somebody else's client.
    case serve
}
