/// Why a simulation ended without a result.
public struct SimulationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of end it was.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, Sendable {
            case stalled, taskEscaped, stepLimitReached, timeLimitReached, stopped, aborted,
                alreadyRun
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// Nothing can run and nothing is scheduled, yet the work has not ended.
        public static var stalled: Self { .init(.stalled) }
        /// Work left the simulation's thread.
        public static var taskEscaped: Self { .init(.taskEscaped) }
        /// More steps than ``Simulation/Limits/steps``.
        public static var stepLimitReached: Self { .init(.stepLimitReached) }
        /// Virtual time went past ``Simulation/Limits/virtualTime``.
        public static var timeLimitReached: Self { .init(.timeLimitReached) }
        /// Somebody asked for it through a ``StopFlag``.
        public static var stopped: Self { .init(.stopped) }
        /// Somebody asked for it through ``Simulation/abort(_:)``.
        public static var aborted: Self { .init(.aborted) }
        /// ``Simulation/run(_:)`` was called before; a simulation runs once. The error's instant is 0 and
        /// it names no sleepers, because those of the first run are not its own.
        public static var alreadyRun: Self { .init(.alreadyRun) }
        /// Such as `stalled`.
        public var description: String { value.rawValue }
    }

    /// What kind of end it was.
    public var code: Code
    /// What happened and what to do about it.
    public var message: String
    /// Virtual time when it happened, in nanoseconds.
    public var instant: Int64
    /// What was still scheduled, soonest first; at most 10.
    public var sleepers: [EventKey]

    /// One line with code, instant, message and sleepers.
    public var description: String {
        var text = "\(code) at \(Simulation.seconds(instant)): \(message)"
        if !sleepers.isEmpty {
            text += "; scheduled: " + sleepers.map(\.description).joined(separator: ", ")
        }
        return text
    }
}
