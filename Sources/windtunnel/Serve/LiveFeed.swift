import Flight
import Report
import Synchronization

/// Prints the attempts that arrive to standard error, one line each, at most 25 attempts per
/// second.
///
/// The server's thread only adds to the feed. The session writes it, so a slow terminal does not
/// delay the server.
final class LiveFeed: Sendable {
    private struct State {
        var lines: [String] = []
        var left: UInt64 = 0
        /// The number of attempts that may still be shown in the current second.
        var budget = LiveFeed.perSecond
        var second: Int64 = 0
    }

    private static let perSecond = 25
    private let isShown: Bool
    private let report: ServedReport
    private let state = Mutex(State())

    init(isShown: Bool, report: ServedReport) {
        self.isShown = isShown
        self.report = report
    }

    func add(_ news: ServedNews) {
        guard isShown else { return }
        state.withLock { state in
            let second = news.instant / 1_000_000_000
            if second != state.second { (state.second, state.budget) = (second, Self.perSecond) }
            guard state.budget > 0 else {
                state.left += 1
                return
            }
            state.budget -= 1
            if let line = Self.omitted(&state.left) { state.lines.append(line) }
            state.lines += report.lines(news)
        }
    }

    /// Writes the waiting lines. `isOver` means that no attempt will follow, so the number of
    /// attempts not shown is written too. It defaults to `false`.
    func write(isOver: Bool = false) {
        let lines = state.withLock { state in
            defer { state.lines = [] }
            return state.lines + (isOver ? [Self.omitted(&state.left)].compactMap { $0 } : [])
        }
        if !lines.isEmpty { Output.note(lines.joined(separator: "\n") + "\n") }
    }

    private static func omitted(_ left: inout UInt64) -> String? {
        guard left > 0 else { return nil }
        defer { left = 0 }
        return "             ... and \(Wording.grouped(left)) more"
    }
}
