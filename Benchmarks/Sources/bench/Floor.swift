import KeyedChance
import Simulation
import Upstream

/// The cost that every client on virtual time has: one task per request on the same executor, one
/// sleep for the latency, and a second one for the 2 % that are retried. There is no client and no
/// trace.
final class Floor: EventHandler, @unchecked Sendable {
    // All state is confined to the simulation's thread.
    private static let arrivals = Chance.Stream("arrivals")
    private static let latency = Chance.Stream("latency")
    private static let failure = Chance.Stream("failure")

    private let simulation: Simulation
    private let distribution = DistributionSampler(Workload.latency)
    private let requests: UInt64
    private var started: UInt64 = 0
    private var ended: UInt64 = 0
    private var finished: UnsafeContinuation<Void, Never>?

    init(requests: UInt64, adoptsTasks: Bool = false) {
        self.requests = requests
        simulation = Simulation(adoptsTasks: adoptsTasks)
    }

    func run() throws {
        try simulation.run { [self] in
            await withUnsafeContinuation { continuation in
                finished = continuation
                simulation.schedule(EventKey(0, .arrival), self)
            }
        }
    }

    func fire(_ token: UInt64) {
        let request = started
        started += 1
        simulation.spawn { [self] in await fly(request) }
        guard started < requests else { return }
        var chance = Chance(seed: Workload.seed, stream: Self.arrivals, request: started)
        let gap = Int64((-ExactMath.log(chance.unit()) * 1_000_000).rounded())
        let now = simulation.clock.now.nanoseconds
        simulation.schedule(EventKey(now + gap, .arrival, request: started), self)
    }

    private func fly(_ request: UInt64) async {
        for attempt: UInt32 in 1...4 {
            var chance = Chance(
                seed: Workload.seed, stream: Self.latency, request: request, attempt: attempt)
            let wait = distribution.sample(&chance)
            let now = simulation.clock.now.nanoseconds
            try? await simulation.clock.sleep(
                EventKey(now + wait, .delivery, request: request, attempt: attempt))
            var fate = Chance(
                seed: Workload.seed, stream: Self.failure, request: request, attempt: attempt)
            if !fate.happens(Workload.failures) { break }
        }
        ended += 1
        if ended == requests { finished?.resume() }
    }
}
