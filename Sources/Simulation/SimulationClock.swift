/// The clock of a ``Simulation``. It starts at 0 and moves only from event to event.
public struct SimulationClock: Clock, Sendable {
    /// An instant of virtual time.
    public struct Instant: InstantProtocol, Sendable, Hashable {
        /// Nanoseconds since virtual time 0.
        public var nanoseconds: Int64

        /// Makes the instant this many nanoseconds after virtual time 0.
        @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

        /// The instant this duration later, or earlier if it is negative; clamped to the range of
        /// `Int64`.
        public func advanced(by duration: Duration) -> Instant {
            Instant(nanoseconds: nanoseconds.addingSaturated(duration.nanosecondsSaturated))
        }

        /// The duration from this instant to the other one; negative if that is earlier.
        public func duration(to other: Instant) -> Duration {
            .nanoseconds(other.nanoseconds) - .nanoseconds(nanoseconds)
        }

        /// Whether the left instant is earlier.
        public static func < (left: Instant, right: Instant) -> Bool {
            left.nanoseconds < right.nanoseconds
        }
    }

    let executor: SimulationExecutor

    /// The instant of the last fired event.
    public var now: Instant { Instant(nanoseconds: unsafe executor.state.pointee.now) }

    /// One nanosecond.
    public var minimumResolution: Duration { .nanoseconds(1) }

    /// Sleeps until `deadline`; returns at once if it has passed. The tolerance is ignored.
    /// - Throws: `CancellationError` if the task is cancelled first.
    public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try await sleep(EventKey(deadline.nanoseconds, .wakeUp))
    }

    /// Sleeps until an event with an identity, which decides its order among the events at one
    /// instant.
    /// - Throws: `CancellationError` if the task is cancelled first.
    public func sleep(_ key: EventKey) async throws(CancellationError) {
        guard await executor.wait(key) else { throw CancellationError() }
    }

    /// Sleeps until an event without reacting to a cancellation. It is cheaper than ``sleep(_:)``,
    /// for tasks that are never cancelled.
    public func sleepUninterrupted(_ key: EventKey) async {
        _ = await unsafe withUnsafeContinuation { unsafe resume($0, at: key) }
    }

    /// Ends the run, as ``Simulation/abort(_:)`` does.
    public func abort(_ reason: String) {
        guard executor.admitsCaller("the run was aborted") else { return }
        unsafe executor.state.pointee.abortReason = reason
    }

    /// Resumes a continuation at an event, as ``sleepUninterrupted(_:)`` does, for a caller that is
    /// already suspended and saves another async call. The value that it is resumed with has no
    /// meaning.
    @unsafe public func resume(_ continuation: UnsafeContinuation<Bool, Never>, at key: EventKey) {
        // A call from another thread schedules nothing; the run ends with the reason.
        guard executor.admitsCaller("its clock was slept on") else {
            return unsafe continuation.resume(returning: false)
        }
        unsafe executor.arm(executor.reserve(), key, .task(continuation))
    }
}

extension Duration {
    /// The duration in whole nanoseconds, rounded towards zero and clamped to `Int64`, which is 292
    /// years.
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
