import Synchronization

/// Something that one task waits for and that opens once.
public final class Gate: Sendable {
    /// Why a wait ended.
    public enum WaitEnd: Sendable, Hashable {
        case woken
        case deadline
        case cancelled
    }

    @safe private enum State {
        case idle
        case waiting(CheckedContinuation<WaitEnd, Never>)
        case open(WaitEnd)
    }

    private let state = Mutex(State.idle)

    /// A gate that is shut.
    public init() {}

    /// Opens the gate; the first reason stays.
    public func open(_ outcome: WaitEnd) {
        let waiting: CheckedContinuation<WaitEnd, Never>? = state.withLock { state in
            switch state {
            case .open: return nil
            case .idle:
                state = .open(outcome)
                return nil
            case .waiting(let continuation):
                state = .open(outcome)
                return continuation
            }
        }
        waiting?.resume(returning: outcome)
    }

    /// Waits for the gate to open; a cancellation of the task opens it.
    func outcome() async -> WaitEnd {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known: WaitEnd? = state.withLock { state in
                    if case .open(let outcome) = state { return outcome }
                    state = .waiting(continuation)
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            open(.cancelled)
        }
    }
}
