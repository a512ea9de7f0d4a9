import Simulation
import Testing

/// Real time under the control of the test. Each wait lasts until its instant or until the next
/// outside event.
private final class HandMadeTimeDriver: RealTimeDriver {
    private(set) var now: Int64 = 0
    private(set) var waits: [Int64?] = []
    /// The outside events with their instants.
    var outside: [(instant: Int64, happens: () -> Void)] = []
    /// The delay added to each wait, in nanoseconds.
    var lateness: Int64 = 0

    var isExpecting: Bool { !outside.isEmpty }

    func wait(until instant: Int64?) {
        waits.append(instant)
        if let first = outside.first, first.instant < instant ?? .max {
            now = max(now, first.instant)
            outside.removeFirst()
            first.happens()
        } else if let instant {
            now = max(now, instant + lateness)
        }
    }
}

@Suite struct RealTimeDriverTests {
    @Test func anEventIsFiredNoEarlierThanItsInstant() throws {
        let realTimeDriver = HandMadeTimeDriver()
        let simulation = Simulation(realTimeDriver: realTimeDriver)
        let seen = try simulation.run {
            try await simulation.clock.sleep(for: .seconds(1))
            return simulation.clock.now.nanoseconds
        }
        #expect(seen == 1_000_000_000)
        #expect(realTimeDriver.now == 1_000_000_000)
    }

    @Test func aLateWakeUpKeepsTheInstantThatItWasScheduledFor() throws {
        let realTimeDriver = HandMadeTimeDriver()
        realTimeDriver.lateness = 5_000
        let simulation = Simulation(realTimeDriver: realTimeDriver)
        let seen = try simulation.run {
            var seen: [Int64] = []
            for _ in 0..<3 {
                try await simulation.clock.sleep(for: .milliseconds(1))
                seen.append(simulation.clock.now.nanoseconds)
            }
            return seen
        }
        // So lateness does not add up.
        #expect(seen == [1_000_000, 2_000_000, 3_000_000])
        #expect(realTimeDriver.now == 3_005_000)
    }

    @Test func whatComesFromOutsideGoesOnAtTheRealTime() throws {
        let realTimeDriver = HandMadeTimeDriver()
        let simulation = Simulation(realTimeDriver: realTimeDriver)
        // Used on the simulation's thread, which is this one.
        nonisolated(unsafe) let outside = realTimeDriver
        let seen = try simulation.run {
            await unsafe withUnsafeContinuation { continuation in
                unsafe outside.outside.append((250, { unsafe continuation.resume() }))
            }
            return simulation.clock.now.nanoseconds
        }
        #expect(seen == 250)
        #expect(realTimeDriver.waits == [nil])
    }

    @Test func whatComesFromOutsideBeforeAnEventIsServedFirst() throws {
        let realTimeDriver = HandMadeTimeDriver()
        let simulation = Simulation(realTimeDriver: realTimeDriver)
        // Used on the simulation's thread, which is this one.
        nonisolated(unsafe) let outside = realTimeDriver
        let order = try simulation.run {
            await withTaskGroup(of: (String, Int64).self) { group in
                group.addTask {
                    try? await simulation.clock.sleep(for: .nanoseconds(300))
                    return ("event", simulation.clock.now.nanoseconds)
                }
                group.addTask {
                    await unsafe withUnsafeContinuation { continuation in
                        unsafe outside.outside.append((200, { unsafe continuation.resume() }))
                    }
                    return ("outside", simulation.clock.now.nanoseconds)
                }
                var order: [String] = []
                for await (name, instant) in group { order.append("\(name) \(instant)") }
                return order
            }
        }
        #expect(order == ["outside 200", "event 300"])
    }

    @Test func aRunThatWaitsForNothingStallsAlsoWithARealTimeDriver() {
        let simulation = Simulation(realTimeDriver: HandMadeTimeDriver())
        let error = #expect(throws: SimulationError.self) {
            try simulation.run { () -> Bool in
                await unsafe withUnsafeContinuation { unsafe Self.forget($0) }
            }
        }
        #expect(error?.code == .stalled)
    }

    private static func forget(_ continuation: UnsafeContinuation<Bool, Never>) {}

    @Test func anAbortedRunEndsWithTheReason() {
        let simulation = Simulation()
        let error = #expect(throws: SimulationError.self) {
            try simulation.run {
                simulation.abort("the wire broke")
                try await simulation.clock.sleep(for: .seconds(1))
            }
        }
        #expect(error?.code == .aborted)
        #expect(error?.message == "the wire broke")
        #expect(error?.instant == 0)
    }
}
