import Dispatch
import Simulation
import Synchronization
import Testing

@Suite("What leaves the simulation ends the run") struct EscapeTests {
    @Test func `an unstructured Task is caught where it starts`() throws {
        let simulation = Simulation()
        let error = try #require(
            simulation.failure {
                try await simulation.clock.sleep(for: .seconds(2))
                let task = Task { 1 }
                return await task.value
            })
        #expect(error.code == .taskEscaped)
        #expect(error.message.contains("Task {}"))
        #expect(error.instant == 2_000_000_000)
    }

    @Test func `a detached task is caught where it starts, although nobody waits for it`() throws {
        let simulation = Simulation()
        let error = try #require(
            simulation.failure {
                Task.detached {}
                try await simulation.clock.sleep(for: .seconds(1))
            })
        #expect(error.code == .taskEscaped)
        #expect(error.message.contains("Task.detached"))
        #expect(error.instant == 0)
    }

    @Test func `Task_sleep is caught and named, also beside one who sleeps in virtual time`() throws
    {
        let simulation = Simulation()
        let error = try #require(
            simulation.failure {
                async let other: Void? = try? simulation.clock.sleep(for: .seconds(9))
                try await Task.sleep(for: .seconds(3_600))
                await other
            })
        #expect(error.code == .taskEscaped)
        #expect(error.message.contains("Task.sleep"))
        #expect(error.sleepers.map(\.instant) == [9_000_000_000])
        #expect(error.description.contains("9.000000000 s wakeUp"))
    }

    @Test func `a sleep on the machine's clock is caught and named`() throws {
        let simulation = Simulation()
        let error = try #require(
            simulation.failure { try await ContinuousClock().sleep(for: .seconds(3_600)) })
        #expect(error.code == .taskEscaped)
        #expect(error.message.contains("Task.sleep"))
    }

    @Test func `a nanosecond sleep of the old form is caught and named`() throws {
        let simulation = Simulation()
        let error = try #require(
            simulation.failure { try await Task.sleep(nanoseconds: 3_600_000_000_000) })
        #expect(error.code == .taskEscaped)
        #expect(error.message.contains("Task.sleep"))
    }

    @Test func `work for the main actor is caught and named`() throws {
        let simulation = Simulation()
        let error = try #require(simulation.failure { await MainActor.run { 1 } })
        #expect(error.code == .taskEscaped)
        #expect(error.message.contains("main actor"))
    }

    @Test func `a yield stays inside`() throws {
        let simulation = Simulation()
        let journal = Journal()
        try simulation.run {
            await withTaskGroup(of: Void.self) { group in
                for name in ["a", "b"] {
                    group.addTask {
                        for turn in 0..<3 {
                            journal.note("\(name)\(turn)")
                            await Task.yield()
                        }
                    }
                }
            }
        }
        #expect(journal.all == ["a0", "b0", "a1", "b1", "a2", "b2"])
    }

    @Test func `a continuation that another thread resumes is caught when it comes back`() throws {
        let simulation = Simulation()
        let error = try #require(
            simulation.failure {
                await withCheckedContinuation { continuation in
                    let elsewhere = Caller { _ in
                        let hasResumed = DispatchSemaphore(value: 0)
                        DispatchQueue.global().async {
                            continuation.resume()
                            hasResumed.signal()
                        }
                        hasResumed.wait()
                    }
                    simulation.schedule(EventKey(1_000_000_000, .wakeUp), elsewhere)
                }
                try await simulation.clock.sleep(for: .seconds(1))
            })
        #expect(error.code == .taskEscaped)
        #expect(error.message.contains("another thread"))
    }
}
