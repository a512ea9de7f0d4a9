/// Why a flight could not be flown, or ended before its end.
public struct FlightError: Error, Sendable, CustomStringConvertible {
    /// What kind of thing went wrong.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, Sendable {
            case environment, simulation, interrupted
            case notReproduced = "not_reproduced"
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// A file, a folder, the disk.
        public static var environment: Self { .init(.environment) }
        /// The simulation stalled, a task escaped, or a limit was reached.
        public static var simulation: Self { .init(.simulation) }
        /// What crossed the sockets is not what was decided.
        public static var notReproduced: Self { .init(.notReproduced) }
        /// Somebody asked for it.
        public static var interrupted: Self { .init(.interrupted) }
        /// The code's name.
        public var description: String { value.rawValue }
    }

    /// The kind of thing that went wrong.
    public var code: Code
    /// What happened and what to do about it.
    public var message: String

    /// An error with a message for people.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
