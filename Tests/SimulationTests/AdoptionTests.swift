import Dispatch
import Simulation
import Synchronization
import Testing

@Suite("A simulation that adopts its tasks") struct AdoptionTests {
    @Test(arguments: 0..<32 as Range<UInt64>)
    func `gives the trace of one whose tasks prefer its executor`(seed: UInt64) throws {
        let adopted = try DeterminismTests.trace(seed: seed, adoptsTasks: true)
        #expect(adopted == (try DeterminismTests.trace(seed: seed)))
    }

    @Test func `gives it beside others too, on threads of their own`() throws {
        let alone = try DeterminismTests.trace(seed: 5)
        let traces = Mutex<[[String]]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            let trace = (try? DeterminismTests.trace(seed: 5, adoptsTasks: true)) ?? []
            traces.withLock { $0.append(trace) }
        }
        #expect(traces.withLock { $0 } == Array(repeating: alone, count: 8))
    }

    @Test func `keeps unstructured tasks inside, on its time`() throws {
        let simulation = Simulation(adoptsTasks: true)
        let journal = Journal()
        let clock = simulation.clock
        try simulation.run {
            let tasks = [
                Task { await visit("b", 2) }, Task.detached { await visit("a", 1) },
                Task { await visit("c", 3_600) },
            ]
            for task in tasks { await task.value }

            @Sendable func visit(_ name: String, _ seconds: Int64) async {
                // From another thread it would end the run.
                try? await clock.sleep(for: .seconds(seconds))
                journal.note("\(name) at \(clock.now.nanoseconds / 1_000_000_000)")
            }
        }
        #expect(journal.all == ["a at 1", "b at 2", "c at 3600"])
    }

    @Test func `keeps an actor inside`() throws {
        actor Counter {
            var count = 0
            func increment() -> Int {
                count += 1
                return count
            }
        }
        let simulation = Simulation(adoptsTasks: true)
        let counter = Counter()
        let sum = try simulation.run {
            await withTaskGroup(of: Int.self) { group in
                for _ in 0..<10 { group.addTask { await counter.increment() } }
                return await group.reduce(0, +)
            }
        }
        #expect(sum == 55)
    }

    @Test func `stalls for want of who sleeps in real time, and says what it may be`() throws {
        let simulation = Simulation(adoptsTasks: true)
        let error = try #require(
            simulation.failure { try await Task.sleep(for: .seconds(3_600)) })
        #expect(error.code == .stalled)
        #expect(error.message.contains("Task.sleep"))
    }

    @Test func `catches work for the main actor`() throws {
        let simulation = Simulation(adoptsTasks: true)
        let error = try #require(simulation.failure { await MainActor.run { 1 } })
        #expect(error.code == .taskEscaped)
        #expect(error.message.contains("main actor"))
    }

    @Test(arguments: [true, false])
    func `refuses a task that is spawned where it does not run, as any other`(adopts: Bool) throws {
        let simulation = Simulation(adoptsTasks: adopts)
        simulation.spawn {}
        let error = try #require(
            simulation.failure { try await simulation.clock.sleep(for: .seconds(1)) })
        #expect(error.code == .taskEscaped)
        #expect(error.message.contains("another thread"))
    }

    @Test func `does not let a task go on that another thread has resumed`() throws {
        let simulation = Simulation(adoptsTasks: true)
        let hasLeft = DispatchSemaphore(value: 0)
        let wentOn = Mutex(false)
        let error = try #require(
            simulation.failure {
                defer { hasLeft.signal() }
                await withCheckedContinuation { continuation in
                    let elsewhere = Caller { _ in
                        DispatchQueue.global().async { continuation.resume() }
                        hasLeft.wait()
                    }
                    simulation.schedule(EventKey(1_000_000_000, .wakeUp), elsewhere)
                }
                try await simulation.clock.sleep(for: .seconds(1))
                wentOn.withLock { $0 = true }
            })
        #expect(error.code == .taskEscaped)
        #expect(!wentOn.withLock { $0 })
    }
}
