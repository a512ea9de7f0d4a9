import Simulation
import Synchronization

/// Records what happened, in order, as texts.
final class Journal: Sendable {
    private let lines = Mutex<[String]>([])

    func note(_ line: String) { lines.withLock { $0.append(line) } }

    var all: [String] { lines.withLock { $0 } }
}

/// A handler that records its token when it is fired.
final class Noter: EventHandler {
    private let journal: Journal
    private let name: String

    init(_ journal: Journal, _ name: String) { (self.journal, self.name) = (journal, name) }

    func fire(_ token: UInt64) { journal.note(name) }
}

/// A handler that calls a closure when it is fired.
final class Caller: EventHandler {
    private let body: (UInt64) -> Void

    init(_ body: @escaping (UInt64) -> Void) { self.body = body }

    func fire(_ token: UInt64) { body(token) }
}

extension Simulation {
    /// The error that `run` ends with.
    func failure<Success: Sendable>(
        _ body: @escaping @Sendable () async throws -> Success
    ) -> SimulationError? {
        do {
            _ = try run(body)
            return nil
        } catch {
            return error as? SimulationError
        }
    }
}

/// Suspends a task until another task or thread resumes it.
final class Late: Sendable {
    private let held = Mutex<CheckedContinuation<Void, Never>?>(nil)

    func wait() async {
        await withCheckedContinuation { continuation in held.withLock { $0 = continuation } }
    }

    func resume() { held.withLock { $0 }?.resume() }
}
