/// Who waits or acts: a request of a client. Decides the order at one instant of virtual time, and
/// keys the request's chance.
public struct CallID: Sendable, Hashable {
    /// The client's number, from 0.
    public var client: UInt32
    /// The request's number, from 0.
    public var request: UInt64

    /// The request of that number of that client.
    @inlinable public init(client: UInt32 = 0, request: UInt64) {
        self.client = client
        self.request = request
    }
}

/// Why a task waits; at one instant wake-ups come before time limits.
public enum WaitKind: Sendable, Hashable {
    case wakeUp
    case deadline
}

/// Where the client reads time and waits. ``ClockTimeSource`` makes one of any `Clock`.
public protocol TimeSource: Sendable {
    /// Nanoseconds since an origin of the source's own; never falls, never negative.
    var now: Int64 { get }

    /// Waits until `instant`, nanoseconds since the origin; returns at once where that is past.
    /// - Throws: `CancellationError` when the task is cancelled before.
    func sleep(
        until instant: Int64, kind: WaitKind, call: CallID, attempt: UInt32
    ) async throws(CancellationError)

    /// Opens a gate on behalf of `call`, so that the order of those woken at one instant is the
    /// source's to decide. By default at once.
    func wake(_ gate: Gate, call: CallID)
}

extension TimeSource {
    /// Opens the gate at once.
    public func wake(_ gate: Gate, call: CallID) { gate.open(.woken) }

    /// What `body` comes to, if it does so by the deadline; if not, nil, and it is cancelled. One that is
    /// deaf to that still holds the caller up.
    /// - Throws: what `body` throws, or `CancellationError` when the task is cancelled.
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
                // Cancelled: the gate has opened and nobody waits for this any more.
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

/// A time source over any clock, for instance the machine's.
public struct ClockTimeSource<C: Clock>: TimeSource where C.Duration == Duration {
    private let clock: C
    private let origin: C.Instant

    /// The origin is the moment of this call.
    public init(_ clock: C) {
        self.clock = clock
        origin = clock.now
    }

    /// Nanoseconds since the source was made.
    public var now: Int64 { origin.duration(to: clock.now).nanoseconds }

    /// Sleeps on the clock.
    public func sleep(
        until instant: Int64, kind: WaitKind, call: CallID, attempt: UInt32
    ) async throws(CancellationError) {
        do {
            try await clock.sleep(until: origin.advanced(by: .nanoseconds(instant)), tolerance: nil)
        } catch {
            // A clock throws for a cancellation only.
            throw CancellationError()
        }
    }
}

/// The time of day, which HTTP-dates are about.
public protocol WallClock: Sendable {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    var now: Int64 { get }
}

extension Duration {
    /// In whole nanoseconds, rounded down; beyond 292 years the ends of `Int64`.
    @inlinable package var nanoseconds: Int64 {
        let (high, low) = (attoseconds >> 64, UInt64(truncatingIfNeeded: attoseconds))
        // One machine division for whatever a clock shows; dividing 128-bit numbers takes a function.
        guard high >= 0, high < 1_000_000_000 else {
            return Int64(clamping: attoseconds / 1_000_000_000)
        }
        let divisor: UInt64 = 1_000_000_000
        return Int64(clamping: divisor.dividingFullWidth((UInt64(high), low)).quotient)
    }
}
