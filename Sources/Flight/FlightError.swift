/// Why a flight could not start, or stopped early.
public struct FlightError: Error, Sendable, CustomStringConvertible {
    /// The category of a flight error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, Sendable {
            case environment, simulation, interrupted
            case notReproduced = "not_reproduced"
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// A problem with a file, a folder or the disk.
        public static var environment: Self { .init(.environment) }
        /// The simulation stalled, a task escaped it, or a limit was reached.
        public static var simulation: Self { .init(.simulation) }
        /// The traffic over the sockets differs from what the upstream decided.
        public static var notReproduced: Self { .init(.notReproduced) }
        /// The user or a signal asked the flight to stop.
        public static var interrupted: Self { .init(.interrupted) }
        /// The name of the code.
        public var description: String { value.rawValue }
    }

    /// The category of the error.
    public var code: Code
    /// What happened, and how to fix it.
    public var message: String

    /// Makes an error with a message for the user.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The same as ``message``.
    public var description: String { message }
}
