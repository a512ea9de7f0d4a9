import Synchronization

/// A flag that asks a running simulation to end, from any thread or from a signal handler.
public final class StopFlag: Sendable {
    private let raised = Atomic(false)

    /// Makes a flag that is not raised.
    public init() {}

    /// Whether the simulation was asked to end.
    public var isRaised: Bool { raised.load(ordering: .relaxed) }

    /// Asks the simulation to end. Further calls have no effect.
    public func raise() { raised.store(true, ordering: .relaxed) }
}
