/// The clock of a ``Simulation``: starts at 0 and moves only from event to event.
public struct SimulationClock: Clock, Sendable {
    /// A moment of virtual time.
    public struct Instant: InstantProtocol, Sendable, Hashable {
        /// Since virtual time 0.
        public var nanoseconds: Int64

        /// The moment this long after virtual time 0.
        @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

        /// A later moment, or an earlier one; at most the ends of `Int64`.
        public func advanced(by duration: Duration) -> Instant {
            Instant(nanoseconds: nanoseconds.addingSaturated(duration.nanosecondsSaturated))
        }

        /// From here to the other moment, negative where that is earlier.
        public func duration(to other: Instant) -> Duration {
            .nanoseconds(other.nanoseconds) - .nanoseconds(nanoseconds)
        }

        /// Whether the left one comes first.
        public static func < (left: Instant, right: Instant) -> Bool {
            left.nanoseconds < right.nanoseconds
        }
    }

    let executor: SimulationExecutor

    /// The instant of the event that was fired last.
    public var now: Instant { Instant(nanoseconds: unsafe executor.state.pointee.now) }

    /// One nanosecond.
    public var minimumResolution: Duration { .nanoseconds(1) }

    /// Waits until `deadline`; returns at once where that is past.
    /// - Throws: `CancellationError` when the task is cancelled before.
    public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try await sleep(EventKey(deadline.nanoseconds, .wakeUp))
    }

    /// Waits for an event with an identity, which decides the order at one instant.
    /// - Throws: `CancellationError` when the task is cancelled before.
    public func sleep(_ key: EventKey) async throws(CancellationError) {
        guard await executor.wait(key) else { throw CancellationError() }
    }

    /// Waits for an event in a task that nobody cancels; cheaper than ``sleep(_:)``, and deaf to a
    /// cancellation until the event.
    public func sleepUninterrupted(_ key: EventKey) async {
        _ = await unsafe withUnsafeContinuation { unsafe resume($0, at: key) }
    }

    /// See ``Simulation/abort(_:)``.
    public func abort(_ reason: String) {
        guard executor.admitsCaller("the run was aborted") else { return }
        unsafe executor.state.pointee.abortReason = reason
    }

    /// Resumes a continuation at an event, for a task that nobody cancels and that is suspended already:
    /// what ``sleepUninterrupted(_:)`` does, for a caller that would rather not wait for another function.
    /// The result tells nothing.
    @unsafe public func resume(_ continuation: UnsafeContinuation<Bool, Never>, at key: EventKey) {
        // Nothing is scheduled from elsewhere; the run ends with the reason, and the task with it.
        guard executor.admitsCaller("its clock was slept on") else {
            return unsafe continuation.resume(returning: false)
        }
        unsafe executor.arm(executor.reserve(), key, .task(continuation))
    }
}

extension Duration {
    /// In whole nanoseconds, rounded down; durations beyond 292 years become the ends of `Int64`.
    var nanosecondsSaturated: Int64 {
        Int64(clamping: attoseconds / 1_000_000_000)
    }
}

extension Int64 {
    func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }
}
