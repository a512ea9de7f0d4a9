import Synchronization

/// Holds the state of a circuit breaker. A shared store may serve several clients.
public protocol BreakerStore: Sendable {
    /// Asks for the permission to send.
    /// - Returns: the answer, and the transitions that the question caused, oldest first.
    func admit(at now: Int64) async -> (CircuitBreaker.Admission, [CircuitBreaker.Transition])

    /// Reports the result of a permitted attempt.
    /// - Returns: the transition that the result caused; nil if the state stays the same.
    func record(
        _ verdict: CircuitBreaker.Verdict, for permit: CircuitBreaker.Permit, at now: Int64
    ) async -> CircuitBreaker.Transition?

    /// Returns the permit of an attempt that was cancelled or never sent, so that it is not
    /// counted.
    func giveBack(_ permit: CircuitBreaker.Permit, at now: Int64) async
}

/// A breaker in memory, for one client.
public final class LocalBreakerStore: BreakerStore {
    private let breaker: Mutex<CircuitBreaker>

    /// Makes a store around a breaker.
    public init(_ breaker: CircuitBreaker) { self.breaker = Mutex(breaker) }

    /// Asks the breaker for the permission to send, without suspending.
    public func admit(at now: Int64) async -> (
        CircuitBreaker.Admission, [CircuitBreaker.Transition]
    ) {
        admitNow(at: now)
    }

    // The client calls these without suspending: a call that may suspend costs several times what
    // the breaker itself does.

    var permitWhileClosed: CircuitBreaker.Permit? { breaker.withLock { $0.permitWhileClosed } }

    func admitNow(at now: Int64) -> (CircuitBreaker.Admission, [CircuitBreaker.Transition]) {
        breaker.withLock { $0.admit(at: now) }
    }

    func recordNow(
        _ verdict: CircuitBreaker.Verdict, for permit: CircuitBreaker.Permit, at now: Int64
    ) -> CircuitBreaker.Transition? {
        breaker.withLock { $0.record(verdict, for: permit, at: now) }
    }

    /// Reports a result to the breaker, without suspending.
    public func record(
        _ verdict: CircuitBreaker.Verdict, for permit: CircuitBreaker.Permit, at now: Int64
    ) async -> CircuitBreaker.Transition? {
        recordNow(verdict, for: permit, at: now)
    }

    /// Returns a permit to the breaker, without suspending.
    public func giveBack(_ permit: CircuitBreaker.Permit, at now: Int64) async {
        breaker.withLock { $0.giveBack(permit, at: now) }
    }
}
