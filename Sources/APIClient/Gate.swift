import Synchronization

/// A one-shot event that one task waits for.
public final class Gate: Sendable {
    /// The reason why a wait ended.
    public enum WaitEnd: Sendable, Hashable {
        /// The gate was opened on behalf of another task.
        case woken
        /// The deadline was reached.
        case deadline
        /// The waiting task was cancelled.
        case cancelled
    }

    @safe private enum State {
        case idle
        case waiting(CheckedContinuation<WaitEnd, Never>)
        case open(WaitEnd)
    }

    private let state = Mutex(State.idle)

    /// Makes a closed gate.
    public init() {}

    /// Opens the gate with a reason. Only the first call has an effect.
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

    /// Waits until the gate opens; cancelling the task opens it with `cancelled`.
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
