public import APIClient
import KeyedChance
public import Simulation

/// Virtual time as the client sees it.
public struct SimulatedTime: TimeSource {
    let clock: SimulationClock
    let simulation: Simulation

    /// The time of this simulation.
    public init(_ simulation: Simulation) {
        clock = simulation.clock
        self.simulation = simulation
    }

    /// Nanoseconds since virtual time 0.
    public var now: Int64 { clock.now.nanoseconds }

    /// Waits in virtual time; the call decides the order at one instant.
    public func sleep(
        until instant: Int64, kind: WaitKind, call: CallID, attempt: UInt32
    ) async throws(CancellationError) {
        try await clock.sleep(
            EventKey(
                instant, kind == .deadline ? .timeout : .wakeUp, client: call.client,
                request: call.request, attempt: attempt))
    }

    /// Through the heap, so that those woken at one instant go on in the order of their identity.
    public func wake(_ gate: Gate, call: CallID) {
        simulation.schedule(
            EventKey(now, .wakeUp, client: call.client, request: call.request), GateOpener(gate))
    }
}

private final class GateOpener: EventHandler {
    private let gate: Gate
    init(_ gate: Gate) { self.gate = gate }
    func fire(_ token: UInt64) { gate.open(.woken) }
}

/// The time of day of virtual time.
public struct SimulatedWallClock: WallClock {
    let clock: SimulationClock
    let epoch: Int64

    /// The time of day where virtual time 0 is `epoch`, in nanoseconds since 1970-01-01T00:00:00Z.
    public init(_ simulation: Simulation, epoch: Int64) {
        clock = simulation.clock
        self.epoch = epoch
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    public var now: Int64 { epoch + clock.now.nanoseconds }
}

/// Keyed chance as the client draws it.
public struct SimulatedChance: ChanceSource {
    private let backoff: Chance.Family
    private let correlation: Chance.Family

    /// Another seed is another run.
    public init(seed: UInt64) {
        backoff = Chance.Family(seed: seed, stream: Chance.Stream("client.backoff"))
        correlation = Chance.Family(seed: seed, stream: Chance.Stream("client.correlation"))
    }

    /// A number that depends on seed, purpose, call and attempt alone.
    public func draw(
        below bound: UInt64, for purpose: ChancePurpose, call: CallID, attempt: UInt32
    ) -> UInt64 {
        let family =
            switch purpose {
            case .backoff: backoff
            case .correlation: correlation
            }
        var chance = Chance(
            family, client: call.client, request: call.request, attempt: attempt)
        return chance.below(bound)
    }
}
