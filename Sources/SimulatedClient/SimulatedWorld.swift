public import APIClient
import KeyedChance
public import Simulation

/// A time source that reads and waits in a simulation's virtual time.
public struct SimulatedTime: TimeSource {
    let clock: SimulationClock
    let simulation: Simulation

    /// Makes a time source for a simulation.
    public init(_ simulation: Simulation) {
        clock = simulation.clock
        self.simulation = simulation
    }

    /// Nanoseconds since virtual time 0.
    public var now: Int64 { clock.now.nanoseconds }

    /// Sleeps in virtual time. The identity of the call decides the order of events at one instant.
    public func sleep(
        until instant: Int64, kind: WaitKind, call: CallID, attempt: UInt32
    ) async throws(CancellationError) {
        try await clock.sleep(
            EventKey(
                instant, kind == .deadline ? .timeout : .wakeUp, client: call.client,
                request: call.request, attempt: attempt))
    }

    /// Opens the gate by an event at the current instant, so that tasks that are woken at one
    /// instant continue in the order of their identities.
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

/// The time of day in a simulation.
public struct SimulatedWallClock: WallClock {
    let clock: SimulationClock
    let epoch: Int64

    /// Makes a clock. `epoch` is the time of day at virtual time 0, in nanoseconds since
    /// 1970-01-01T00:00:00Z.
    public init(_ simulation: Simulation, epoch: Int64) {
        clock = simulation.clock
        self.epoch = epoch
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    public var now: Int64 { epoch + clock.now.nanoseconds }
}

/// A chance source with keyed chance, so that draws depend on the identity of their decision only.
public struct SimulatedChance: ChanceSource {
    private let backoff: Chance.Family
    private let correlation: Chance.Family

    /// Makes a source. Different seeds give independent draws.
    public init(seed: UInt64) {
        backoff = Chance.Family(seed: seed, stream: Chance.Stream("client.backoff"))
        correlation = Chance.Family(seed: seed, stream: Chance.Stream("client.correlation"))
    }

    /// A number in `0..<bound` that depends on the seed and the arguments only.
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
