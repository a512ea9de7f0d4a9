/// The identity of a logical request. It keys the request's random draws and orders events at one
/// instant of virtual time.
public struct CallID: Sendable, Hashable {
    /// The client's number, from 0. Defaults to 0.
    public var client: UInt32
    /// The request's number within its client, from 0.
    public var request: UInt64

    /// Makes the identity of a client's request.
    @inlinable public init(client: UInt32 = 0, request: UInt64) {
        self.client = client
        self.request = request
    }
}

/// The purpose of a sleep. At one instant of virtual time, wake-ups come before deadlines.
public enum WaitKind: Sendable, Hashable {
    /// The end of a wait, after which work goes on.
    case wakeUp
    /// A time limit.
    case deadline
}

/// Reads the time and waits. ``ClockTimeSource`` adapts any `Clock`.
public protocol TimeSource: Sendable {
    /// Nanoseconds since an origin that the source chooses. Never decreases and is never negative.
    var now: Int64 { get }

    /// Sleeps until `instant`, in nanoseconds since the origin. Returns at once if it has passed.
    /// - Throws: `CancellationError` if the task is cancelled first.
    func sleep(
        until instant: Int64, kind: WaitKind, call: CallID, attempt: UInt32
    ) async throws(CancellationError)

    /// Opens a gate on behalf of `call`. A simulation decides the order of the tasks that are woken
    /// at one instant. By default the gate is opened at once.
    func wake(_ gate: Gate, call: CallID)
}

extension TimeSource {
    /// Opens the gate at once.
    public func wake(_ gate: Gate, call: CallID) { gate.open(.woken) }

    /// Runs `body` with a deadline. At the deadline `body` is cancelled and the result is nil; a
    /// body that ignores cancellation still delays the caller.
    /// - Throws: the error of `body`, or `CancellationError` if the task is cancelled.
    func bounded<Value: Sendable>(
        by deadline: Int64, call: CallID, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await sleep(until: deadline, kind: .deadline, call: call, attempt: 0)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    /// Waits until the gate opens, the deadline is reached or the task is cancelled.
    func wait(
        for gate: Gate, until deadline: Int64, kind: WaitKind = .deadline, call: CallID
    ) async -> Gate.WaitEnd {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // The sleep throws only on cancellation; the gate then needs no deadline any more.
                guard
                    (try? await sleep(until: deadline, kind: kind, call: call, attempt: 0)) != nil
                else { return }
                gate.open(.deadline)
            }
            let outcome = await gate.outcome()
            group.cancelAll()
            return outcome
        }
    }
}

/// A time source over any clock, for instance the machine's continuous clock.
public struct ClockTimeSource<C: Clock>: TimeSource where C.Duration == Duration {
    private let clock: C
    private let origin: C.Instant

    /// Makes a source whose origin is the moment of this call.
    public init(_ clock: C) {
        self.clock = clock
        origin = clock.now
    }

    /// Nanoseconds since the source was made.
    public var now: Int64 { origin.duration(to: clock.now).nanoseconds }

    /// Sleeps on the clock. Kind, call and attempt are ignored.
    public func sleep(
        until instant: Int64, kind: WaitKind, call: CallID, attempt: UInt32
    ) async throws(CancellationError) {
        do {
            try await clock.sleep(until: origin.advanced(by: .nanoseconds(instant)), tolerance: nil)
        } catch {
            // A clock throws only for a cancellation.
            throw CancellationError()
        }
    }
}

/// The time of day, which HTTP-dates are compared with.
public protocol WallClock: Sendable {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    var now: Int64 { get }
}

extension Duration {
    /// The duration in whole nanoseconds, rounded towards zero. Clamped to `Int64`, which is 292
    /// years.
    @inlinable package var nanoseconds: Int64 {
        let (high, low) = (attoseconds >> 64, UInt64(truncatingIfNeeded: attoseconds))
        // The usual range takes one machine division; dividing 128-bit numbers takes a function
        // call.
        guard high >= 0, high < 1_000_000_000 else {
            return Int64(clamping: attoseconds / 1_000_000_000)
        }
        let divisor: UInt64 = 1_000_000_000
        return Int64(clamping: divisor.dividingFullWidth((UInt64(high), low)).quotient)
    }
}
