import Foundation

/// The environment variables that affect the output. No variable affects a flight.
enum Environment {
    /// Whether `NO_COLOR` is set and not empty (https://no-color.org).
    static var noColor: Bool {
        !(ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
    }

    /// Whether the terminal shows escape sequences as text, as some editors' terminals do.
    static var hasDumbTerminal: Bool {
        ProcessInfo.processInfo.environment["TERM"] == "dumb"
    }
}
