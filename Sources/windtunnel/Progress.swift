import Report
import Synchronization

/// A progress bar on standard error.
final class Progress: Sendable {
    private struct State {
        var done: [Double]
        var names: [String]
        var shownAt = ContinuousClock.now
        var isShowing = false
    }

    private static let width = 30
    private let isShown: Bool
    private let state = Mutex(State(done: [], names: []))

    init(isShown: Bool) { self.isShown = isShown }

    func begin(_ names: [String]) {
        state.withLock { $0 = State(done: names.map { _ in 0 }, names: names) }
    }

    /// Updates the progress of a flight: the share of its virtual time that has passed, 0 to 1.
    func moved(_ flight: Int, to share: Double) {
        guard isShown else { return }
        state.withLock { state in
            state.done[flight] = share
            let now = ContinuousClock.now
            // Ten updates per second are enough for a reader.
            guard state.shownAt.duration(to: now) > .milliseconds(100) else { return }
            state.shownAt = now
            state.isShowing = true
            Output.note("\r" + Self.line(state, flight) + "\u{1b}[K")
        }
    }

    func end() {
        state.withLock { state in
            if state.isShowing { Output.note("\r\u{1b}[K") }
            state.isShowing = false
        }
    }

    private static func line(_ state: State, _ flight: Int) -> String {
        let share = state.done.reduce(0, +) / Double(max(1, state.done.count))
        let filled = Int(share * Double(width))
        return "[" + String(repeating: "#", count: filled)
            + String(repeating: ".", count: width - filled) + "] "
            + Wording.fixed(share * 100, 0) + " %  "
            + Wording.printable(state.names[flight])
    }
}
