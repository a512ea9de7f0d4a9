import Synchronization

/// Holds a breaker's state; a shared one may stand behind several clients.
public protocol BreakerStore: Sendable {
    /// Whether a send may go now, and the transitions that the question brought about.
    func admit(at now: Int64) async -> (CircuitBreaker.Admission, [CircuitBreaker.Transition])

    /// Counts a result, and says what it changed.
    func record(
        _ verdict: CircuitBreaker.Verdict, for permit: CircuitBreaker.Permit, at now: Int64
    ) async -> CircuitBreaker.Transition?

    /// Takes a permit back that was not used to its end.
    func giveBack(_ permit: CircuitBreaker.Permit, at now: Int64) async
}

/// A breaker of one client, in memory.
public final class LocalBreakerStore: BreakerStore {
    private let breaker: Mutex<CircuitBreaker>

    /// Holds this breaker's state.
    public init(_ breaker: CircuitBreaker) { self.breaker = Mutex(breaker) }

    /// Asks the breaker.
    public func admit(at now: Int64) async -> (
        CircuitBreaker.Admission, [CircuitBreaker.Transition]
    ) {
        admitNow(at: now)
    }

    // The client asks without waiting where it can: a call that may suspend costs several times what
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

    /// Tells the breaker.
    public func record(
        _ verdict: CircuitBreaker.Verdict, for permit: CircuitBreaker.Permit, at now: Int64
    ) async -> CircuitBreaker.Transition? {
        recordNow(verdict, for: permit, at: now)
    }

    /// Gives the breaker its permit back.
    public func giveBack(_ permit: CircuitBreaker.Permit, at now: Int64) async {
        breaker.withLock { $0.giveBack(permit, at: now) }
    }
}
