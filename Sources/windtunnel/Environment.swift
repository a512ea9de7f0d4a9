import Foundation

/// What the environment says about output; it never says anything about a flight.
enum Environment {
    /// https://no-color.org: set and not empty.
    static var noColor: Bool {
        !(ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
    }

    /// A terminal that shows escape sequences as text, such as an editor's.
    static var hasDumbTerminal: Bool {
        ProcessInfo.processInfo.environment["TERM"] == "dumb"
    }
}
