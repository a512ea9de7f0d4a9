import Platform
import Synchronization
import Testing

@testable import Simulation

@Suite struct RunTwiceTests {
    private struct Refused: Error, Equatable {}

    @Test func `a second run is refused and says to make a new simulation`() throws {
        let simulation = Simulation()
        try simulation.run { try await simulation.clock.sleep(for: .seconds(3)) }
        let error = try refusal {
            try simulation.run { _ = Issue.record("the body ran") }
        }
        #expect(error.message.contains("make a new Simulation for each run"))
        #expect(error.sleepers == [] && error.instant == 0)
        #expect(simulation.clock.now.nanoseconds == 3_000_000_000)
    }

    @Test func `a second run is refused also where the first one failed`() throws {
        let simulation = Simulation()
        #expect(throws: Refused()) { try simulation.run { throw Refused() } }
        _ = try refusal { try simulation.run {} }

        let stalled = Simulation(limits: .init(virtualTime: .seconds(1)))
        #expect(throws: SimulationError.self) {
            try stalled.run { try await stalled.clock.sleep(for: .seconds(2)) }
        }
        _ = try refusal { try stalled.run {} }
    }

    @Test func `a run from inside the run is refused, and the outer one goes on`() throws {
        let simulation = Simulation()
        let instant = try simulation.run {
            try await simulation.clock.sleep(for: .seconds(1))
            let error = #expect(throws: SimulationError.self) { try simulation.run {} }
            #expect(error?.code == .alreadyRun)
            try await simulation.clock.sleep(for: .seconds(1))
            return simulation.clock.now.nanoseconds
        }
        #expect(instant == 2_000_000_000)
    }

    @Test func `of two threads that run it at once, one does and the other is refused`() throws {
        for _ in 0..<50 {
            let race = Race()
            let threads = try (0..<2).map { _ in try SystemThread { race.enter() } }
            for thread in threads { thread.join() }
            #expect(race.ran.load(ordering: .relaxed) == 1)
            #expect(race.refused.load(ordering: .relaxed) == 1)
        }
    }

    private final class Race: Sendable {
        let ran = Atomic(0)
        let refused = Atomic(0)
        private let ready = Atomic(0)
        private let simulation = Simulation()

        func enter() {
            ready.add(1, ordering: .relaxed)
            while ready.load(ordering: .relaxed) < 2 {}
            do {
                try simulation.run { [simulation] in
                    try await simulation.clock.sleep(for: .seconds(1))
                }
                ran.add(1, ordering: .relaxed)
            } catch let error as SimulationError where error.code == .alreadyRun {
                refused.add(1, ordering: .relaxed)
            } catch { Issue.record(error) }
        }
    }

    private func refusal(_ body: () throws -> Void) throws -> SimulationError {
        let error = try #require(throws: SimulationError.self) { try body() }
        #expect(error.code == .alreadyRun)
        return error
    }
}
