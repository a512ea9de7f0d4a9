import Testing

@testable import Simulation

private actor Sum {
    private(set) var value = 0
    func add(_ number: Int) { value += number }
}

private struct Refused: Error, Equatable {}

@Suite("A run") struct RunTests {
    @Test func `gives back what its body returns`() throws {
        #expect(try Simulation().run { 42 } == 42)
    }

    @Test func `throws what its body throws`() {
        #expect(throws: Refused()) { try Simulation().run { throw Refused() } }
    }

    @Test func `an hour of sleep moves the clock and takes no real time`() throws {
        let simulation = Simulation()
        let start = ContinuousClock.now
        let instant = try simulation.run {
            for _ in 0..<3_600 { try await simulation.clock.sleep(for: .seconds(1)) }
            return simulation.clock.now.nanoseconds
        }
        #expect(instant == 3_600_000_000_000)
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test func `is a clock for code that knows of no simulation`() throws {
        @Sendable func twice(_ clock: some Clock<Duration>) async throws -> Duration {
            let start = clock.now
            try await clock.sleep(for: .seconds(90))
            try await clock.sleep(until: start.advanced(by: .seconds(100)), tolerance: nil)
            return start.duration(to: clock.now)
        }
        let simulation = Simulation()
        #expect(try simulation.run { try await twice(simulation.clock) } == .seconds(100))
    }

    @Test func `a task group stays inside and its children sleep side by side`() throws {
        let simulation = Simulation()
        let instants = try simulation.run {
            await withTaskGroup(of: Int64.self) { group in
                for seconds in [3, 1, 2] {
                    group.addTask {
                        try? await simulation.clock.sleep(for: .seconds(seconds))
                        return simulation.clock.now.nanoseconds
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(instants == [1_000_000_000, 2_000_000_000, 3_000_000_000])
    }

    @Test func `a discarding group, async let and nested groups stay inside`() throws {
        let simulation = Simulation()
        let journal = Journal()
        try simulation.run {
            async let first: Void = simulation.clock.sleep(for: .seconds(1))
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask {
                    try await withThrowingTaskGroup(of: Void.self) { inner in
                        inner.addTask { try await simulation.clock.sleep(for: .seconds(2)) }
                        try await inner.waitForAll()
                    }
                    journal.note("nested")
                }
            }
            try await first
            journal.note("at \(simulation.clock.now.nanoseconds)")
        }
        #expect(journal.all == ["nested", "at 2000000000"])
    }

    @Test func `a default actor stays inside`() throws {
        let simulation = Simulation()
        let value = try simulation.run {
            let sum = Sum()
            await withTaskGroup(of: Void.self) { group in
                for number in 1...100 {
                    group.addTask {
                        try? await simulation.clock.sleep(for: .milliseconds(number % 7))
                        await sum.add(number)
                    }
                }
            }
            return await sum.value
        }
        #expect(value == 5_050)
    }

    @Test func `a spawned task runs inside, beside the one that asks`() throws {
        let simulation = Simulation()
        let journal = Journal()
        try simulation.run {
            simulation.spawn {
                try? await simulation.clock.sleep(for: .seconds(1))
                journal.note("spawned")
            }
            try await simulation.clock.sleep(for: .seconds(2))
            journal.note("asker")
        }
        #expect(journal.all == ["spawned", "asker"])
    }

    @Test func `does not wait for a spawned task, whose late resumption harms nothing`() throws {
        let late = Late()
        var simulation: Simulation? = Simulation()
        try simulation?.run { [running = simulation] in
            running?.spawn { await late.wait() }
            await Task.yield()
        }
        weak let executor = simulation?.executor
        simulation = nil
        // Still named by the task: the job is given up, not put into freed memory.
        #expect(executor != nil)
        late.resume()
        #expect(executor?.escapeReasons.count == 1)
    }

    @Test func `a task local and a priority reach the children`() throws {
        let simulation = Simulation()
        let name = try simulation.run {
            await Local.$name.withValue("inner") {
                async let child = Local.name
                return await child
            }
        }
        #expect(name == "inner")
    }

    @Test func `another simulation may run inside one`() throws {
        let outer = Simulation()
        let instants = try outer.run {
            try await outer.clock.sleep(for: .seconds(1))
            let inner = Simulation()
            let instant = try inner.run {
                try await inner.clock.sleep(for: .seconds(5))
                return inner.clock.now.nanoseconds
            }
            try await outer.clock.sleep(for: .seconds(1))
            return [instant, outer.clock.now.nanoseconds]
        }
        #expect(instants == [5_000_000_000, 2_000_000_000])
    }
}

private enum Local {
    @TaskLocal static var name = "outer"
}
