import KeyedChance
import Dispatch
import Simulation
import Synchronization
import Testing

@Suite("Twice the same") struct DeterminismTests {
    /// Workers that race each other for one counter, with groups, cancellations and equal instants.
    static func trace(seed: UInt64, adoptsTasks: Bool = false) throws -> [String] {
        let simulation = Simulation(adoptsTasks: adoptsTasks)
        let journal = Journal()
        try simulation.run {
            await withTaskGroup(of: Void.self) { group in
                for worker in 0..<8 as Range<UInt64> {
                    group.addTask { await work(simulation, journal, seed, worker) }
                }
            }
        }
        return journal.all
    }

    private static func work(
        _ simulation: Simulation, _ journal: Journal, _ seed: UInt64, _ worker: UInt64
    ) async {
        let clock = simulation.clock
        for turn in 0..<20 as Range<UInt32> {
            var chance = Chance(
                seed: seed, stream: Chance.Stream("work"), request: worker, attempt: turn)
            let pause = Int64(chance.below(4)) * 1_000_000
            let isHasty = chance.happens(Ratio(1, of: 3))
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    let key = EventKey(
                        clock.now.nanoseconds + pause, .wakeUp, request: worker, attempt: turn)
                    let end = (try? await clock.sleep(key)) == nil ? "cut" : "slept"
                    journal.note("\(clock.now.nanoseconds) \(worker).\(turn) \(end)")
                }
                if isHasty {
                    await clock.sleepUninterrupted(
                        EventKey(clock.now.nanoseconds + 1_500_000, .timeout, request: worker))
                    group.cancelAll()
                }
            }
        }
    }

    @Test func `a hot loop of a hundred runs gives one trace`() throws {
        let first = try Self.trace(seed: 7)
        #expect(first.count == 160)
        #expect(first.contains { $0.hasSuffix("cut") })
        for _ in 0..<100 { #expect(try Self.trace(seed: 7) == first) }
    }

    @Test(arguments: 0..<64 as Range<UInt64>)
    func `a seed's trace is the same beside other simulations as alone`(seed: UInt64) throws {
        let alone = try Self.trace(seed: seed)
        let beside = Mutex<[[String]]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { index in
            let trace = (try? Self.trace(seed: index % 2 == 0 ? seed : seed + 1_000)) ?? []
            if index % 2 == 0 { beside.withLock { $0.append(trace) } }
        }
        let traces = beside.withLock { $0 }
        #expect(traces.count == 4)
        #expect(traces.allSatisfy { $0 == alone })
    }

    @Test func `another seed gives another trace`() throws {
        #expect(try Self.trace(seed: 1) != Self.trace(seed: 2))
    }

    @Test func `an escape in one simulation is not charged to another on another thread`() throws {
        let failures = Mutex<[Int: SimulationError.Code]>([:])
        DispatchQueue.concurrentPerform(iterations: 8) { index in
            let simulation = Simulation()
            let error = simulation.failure {
                for _ in 0..<200 { try await simulation.clock.sleep(for: .seconds(1)) }
                if index % 2 == 0 { Task.detached {} }
                try await simulation.clock.sleep(for: .seconds(1))
            }
            failures.withLock { $0[index] = error?.code }
        }
        let codes = failures.withLock { failures in (0..<8).map { failures[$0] } }
        #expect(codes == (0..<8).map { $0 % 2 == 0 ? .taskEscaped : nil })
    }
}
