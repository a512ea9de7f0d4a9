/// The reason why a simulation ended without a result.
public struct SimulationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of the failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, Sendable {
            case stalled, taskEscaped, stepLimitReached, timeLimitReached, stopped, aborted,
                alreadyRun
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// No job can run and no event is scheduled, but the work has not ended.
        public static var stalled: Self { .init(.stalled) }
        /// Work left the simulation's thread.
        public static var taskEscaped: Self { .init(.taskEscaped) }
        /// The run took more steps than ``Simulation/Limits/steps``.
        public static var stepLimitReached: Self { .init(.stepLimitReached) }
        /// Virtual time exceeded ``Simulation/Limits/virtualTime``.
        public static var timeLimitReached: Self { .init(.timeLimitReached) }
        /// The run was stopped with a ``StopFlag``.
        public static var stopped: Self { .init(.stopped) }
        /// The run was ended with ``Simulation/abort(_:)``.
        public static var aborted: Self { .init(.aborted) }
        /// ``Simulation/run(_:)`` was called before; a simulation runs once. The error's instant is 0 and
        /// it names no sleepers, because those of the first run are not its own.
        public static var alreadyRun: Self { .init(.alreadyRun) }
        /// The code as text, such as `stalled`.
        public var description: String { value.rawValue }
    }

    /// The kind of the failure.
    public var code: Code
    /// What happened, and where possible what to do about it.
    public var message: String
    /// The virtual time of the failure, in nanoseconds.
    public var instant: Int64
    /// The events that were still scheduled, soonest first; at most 10.
    public var sleepers: [EventKey]

    /// Code, instant, message and scheduled events in one line.
    public var description: String {
        var text = "\(code) at \(Simulation.seconds(instant)): \(message)"
        if !sleepers.isEmpty {
            text += "; scheduled: " + sleepers.map(\.description).joined(separator: ", ")
        }
        return text
    }
}
