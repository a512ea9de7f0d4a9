import Simulation
import Testing

@Suite("What bounds a run") struct LimitTests {
    @Test func `work that waits for nothing that comes is stalled, and the text says what may be`()
        throws
    {
        let simulation = Simulation()
        let error = try #require(
            simulation.failure {
                try await simulation.clock.sleep(for: .seconds(3))
                await Late().wait()
            })
        #expect(error.code == .stalled)
        #expect(error.instant == 3_000_000_000)
        #expect(error.sleepers.isEmpty)
        #expect(error.description.hasPrefix("stalled at 3.000000000 s: "))
        #expect(error.message.contains("a task may have left the simulation"))
        #expect(error.message.contains("Task.sleep"))
    }

    @Test func `jobs that follow each other for ever reach the step limit`() throws {
        let simulation = Simulation(limits: .init(steps: 1_000))
        let error = try #require(
            simulation.failure { while !Task.isCancelled { await Task.yield() } })
        #expect(error.code == .stepLimitReached)
        #expect(error.message.contains("1000 steps"))
    }

    @Test func `events that follow each other for ever without a job reach the step limit`() throws
    {
        let simulation = Simulation(limits: .init(steps: 1_000))
        let error = try #require(
            simulation.failure {
                let again = Again(simulation)
                simulation.schedule(EventKey(0, .edge), again)
                await Late().wait()
            })
        #expect(error.code == .stepLimitReached)
    }

    @Test func `a run of exactly as many steps as the limit ends well`() throws {
        // The root task's two jobs and the event between them.
        for (limit, isEnough) in [(2 as UInt64, false), (3, true)] {
            let simulation = Simulation(limits: .init(steps: limit))
            let error = simulation.failure { try await simulation.clock.sleep(for: .seconds(1)) }
            #expect((error == nil) == isEnough, "\(limit) steps")
        }
    }

    @Test func `the virtual-time limit lists the ten soonest sleepers`() throws {
        let simulation = Simulation(limits: .init(virtualTime: .seconds(10)))
        let error = try #require(
            simulation.failure {
                await withTaskGroup(of: Void.self) { group in
                    for request in 1...20 as ClosedRange<UInt64> {
                        group.addTask {
                            await simulation.clock.sleepUninterrupted(
                                EventKey(
                                    Int64(31 - request) * 1_000_000_000, .timeout, client: 2,
                                    request: request, attempt: 1))
                        }
                    }
                }
            })
        #expect(error.code == .timeLimitReached)
        #expect(error.sleepers.map(\.request) == Array((11...20).reversed()))
        #expect(error.description.contains("10.000000000 s"))
        #expect(
            error.description.contains(
                "scheduled: 11.000000000 s timeout (client 2, request 20, attempt 1), 12.0"))
    }

    @Test func `an event at exactly the virtual-time limit still happens`() throws {
        let simulation = Simulation(limits: .init(virtualTime: .seconds(10)))
        try simulation.run { try await simulation.clock.sleep(for: .seconds(10)) }
        #expect(simulation.clock.now.nanoseconds == 10_000_000_000)
    }

    @Test func `a stop flag ends the run between two events`() throws {
        let flag = StopFlag()
        let simulation = Simulation(stopFlag: flag)
        let error = try #require(
            simulation.failure {
                try await simulation.clock.sleep(for: .seconds(5))
                flag.raise()
                try await simulation.clock.sleep(for: .seconds(5))
            })
        #expect(error.code == .stopped)
        #expect(error.instant == 5_000_000_000)
        #expect(error.sleepers.map(\.instant) == [10_000_000_000])
    }

    @Test func `a stop flag ends a run whose jobs never let an event happen`() throws {
        let flag = StopFlag()
        let simulation = Simulation(stopFlag: flag)
        let error = try #require(
            simulation.failure {
                flag.raise()
                while !Task.isCancelled { await Task.yield() }
            })
        #expect(error.code == .stopped)
    }

    @Test func `a stop flag raised before does not take a result away that is there`() throws {
        let flag = StopFlag()
        flag.raise()
        #expect(try Simulation(stopFlag: flag).run { 1 } == 1)
    }
}

/// A handler that schedules itself again at the same instant.
private final class Again: EventHandler {
    private let simulation: Simulation

    init(_ simulation: Simulation) { self.simulation = simulation }

    func fire(_ token: UInt64) { simulation.schedule(EventKey(0, .edge), self) }
}
