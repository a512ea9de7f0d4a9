import Testing

@testable import Simulation

@Suite("Cancellation in virtual time") struct CancellationTests {
    @Test func `ends a sleep now and leaves the clock where it is`() throws {
        let simulation = Simulation()
        let (wasCancelled, instant) = try simulation.run {
            await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    do {
                        try await simulation.clock.sleep(for: .seconds(3_600))
                        return false
                    } catch { return error is CancellationError }
                }
                try? await simulation.clock.sleep(for: .seconds(1))
                group.cancelAll()
                let wasCancelled = await group.next()
                return (wasCancelled, simulation.clock.now.nanoseconds)
            }
        }
        #expect(wasCancelled == true)
        #expect(instant == 1_000_000_000)
    }

    @Test func `before the sleep ends it at once`() throws {
        let simulation = Simulation()
        let instant = try simulation.run {
            await withTaskGroup(of: Void.self) { group in
                group.cancelAll()
                group.addTask {
                    #expect(throws: CancellationError.self) {
                        try Task.checkCancellation()
                    }
                    await #expect(throws: CancellationError.self) {
                        try await simulation.clock.sleep(for: .seconds(1))
                    }
                }
            }
            return simulation.clock.now.nanoseconds
        }
        #expect(instant == 0)
    }

    @Test func `does not reach a sleep that is not to be interrupted`() throws {
        let simulation = Simulation()
        let instant = try simulation.run {
            await withTaskGroup(of: Void.self) { group in
                group.cancelAll()
                group.addTask {
                    await simulation.clock.sleepUninterrupted(EventKey(7, .wakeUp))
                }
            }
            return simulation.clock.now.nanoseconds
        }
        #expect(instant == 7)
    }

    @Test func `at the instant of the wake-up goes to one of the two, never to both`() throws {
        let simulation = Simulation()
        let journal = Journal()
        try simulation.run {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        try await simulation.clock.sleep(EventKey(5, .wakeUp, request: 1))
                        journal.note("woken")
                        try await simulation.clock.sleep(EventKey(9, .wakeUp, request: 1))
                        journal.note("woken again")
                    } catch { journal.note("cancelled at \(simulation.clock.now.nanoseconds)") }
                }
                await simulation.clock.sleepUninterrupted(EventKey(5, .wakeUp, request: 2))
                group.cancelAll()
            }
        }
        #expect(journal.all == ["woken", "cancelled at 5"])
    }

    @Test func `of 100 000 long sleeps does not fill the heap until they are due`() throws {
        let simulation = Simulation()
        let entriesMax = try simulation.run {
            var entriesMax = 0
            for _ in 0..<1_000 {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<100 {
                        group.addTask { try? await simulation.clock.sleep(for: .seconds(86_400)) }
                    }
                    try? await simulation.clock.sleep(for: .milliseconds(1))
                    group.cancelAll()
                }
                let entries = unsafe simulation.executor.state.pointee.heap.entries.count
                entriesMax = max(entriesMax, entries)
            }
            return entriesMax
        }
        #expect(simulation.clock.now.nanoseconds == 1_000_000_000)
        #expect(entriesMax < 4_000)
        #expect(unsafe simulation.executor.state.pointee.slots.count <= 101)
    }

    @Test func `of one half of many sleeps leaves the order of the others`() throws {
        let simulation = Simulation()
        let instants = try simulation.run {
            await withTaskGroup(of: Int64.self) { outer in
                for number in 1...4_000 {
                    outer.addTask {
                        await simulation.clock.sleepUninterrupted(
                            EventKey(Int64(1_000 + number * 7_919 % 4_001), .wakeUp))
                        return simulation.clock.now.nanoseconds
                    }
                }
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<8_000 {
                        group.addTask { try? await simulation.clock.sleep(for: .seconds(86_400)) }
                    }
                    try? await simulation.clock.sleep(for: .nanoseconds(1))
                    group.cancelAll()
                }
                return await outer.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(instants == (1_001...5_000).map { Int64($0) })
    }
}
