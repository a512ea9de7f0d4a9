import Synchronization

/// Asks a running simulation to end, from any thread or from a signal handler.
public final class StopFlag: Sendable {
    private let raised = Atomic(false)

    /// A flag that is not raised.
    public init() {}

    /// Whether somebody asked.
    public var isRaised: Bool { raised.load(ordering: .relaxed) }

    /// Asks. Does nothing the second time.
    public func raise() { raised.store(true, ordering: .relaxed) }
}
