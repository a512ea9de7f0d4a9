public import Scenario

/// What a flight has shown.
public struct FlightResult: Sendable {
    public var scenario: Scenario
    public var seed: UInt64
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
    public var wallSeconds: Double
    public var figures: [Figure]
    public var invariants: [InvariantResult]
    /// Whether somebody stopped it before its end.
    public var isInterrupted: Bool

    /// The figure of a metric; nil where the flight has none of that name.
    public func figure(_ name: String, load: String? = nil) -> Figure? {
        figures.first { $0.name == name && $0.load == load }
    }

    public var hasViolations: Bool { invariants.contains { $0.violations > 0 } }
}

/// How a scenario is flown.
public enum FlightMode: String, Sendable, Hashable, CaseIterable {
    /// In memory, on virtual time.
    case simulated
}
