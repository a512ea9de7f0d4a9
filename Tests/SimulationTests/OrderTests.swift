import KeyedChance
import Simulation
import Testing

@Suite("The order at one instant") struct OrderTests {
    /// Events of one instant, in the order in which they must happen.
    static let inOrder: [EventKey] = EventKey.Kind.allCases.flatMap { kind in
        [
            EventKey(5, kind, client: 0, request: 0, attempt: 1),
            EventKey(5, kind, client: 0, request: 0, attempt: 2),
            EventKey(5, kind, client: 0, request: 1, attempt: 0),
            EventKey(5, kind, client: 0, request: 1 << 40, attempt: 0),
            EventKey(5, kind, client: 1, request: 0, attempt: 9),
            EventKey(5, kind, client: .max, request: 0, attempt: 0),
        ]
    }

    @Test func `has the kinds in this order`() {
        #expect(EventKey.Kind.allCases == [.delivery, .edge, .wakeUp, .timeout, .arrival])
        #expect(EventKey.Kind.allCases.map(\.rawValue) == [0, 1, 2, 3, 4])
    }

    private func shuffled(_ keys: [EventKey], seed: UInt64) -> [EventKey] {
        var keys = keys
        var chance = Chance(seed: seed, stream: Chance.Stream("order"))
        for index in keys.indices.reversed() {
            keys.swapAt(index, Int(chance.below(UInt64(index + 1))))
        }
        return keys
    }

    @Test(arguments: 0..<64 as Range<UInt64>)
    func `is by kind, client, request, attempt and not by arrival, for handlers`(seed: UInt64)
        throws
    {
        let keys = shuffled(
            Self.inOrder + [EventKey(4, .arrival), EventKey(6, .delivery)], seed: seed)
        let simulation = Simulation()
        let journal = Journal()
        try simulation.run {
            for key in keys { simulation.schedule(key, Noter(journal, "\(key)")) }
            try await simulation.clock.sleep(for: .nanoseconds(7))
        }
        let wanted = [EventKey(4, .arrival)] + Self.inOrder + [EventKey(6, .delivery)]
        #expect(journal.all == wanted.map { "\($0)" })
    }

    @Test(arguments: 0..<64 as Range<UInt64>)
    func `is by kind, client, request, attempt and not by arrival, for tasks`(seed: UInt64) throws {
        let keys = shuffled(Self.inOrder, seed: seed)
        let simulation = Simulation()
        let journal = Journal()
        try simulation.run {
            await withTaskGroup(of: Void.self) { group in
                for key in keys {
                    group.addTask {
                        await simulation.clock.sleepUninterrupted(key)
                        journal.note("\(key)")
                    }
                }
            }
        }
        #expect(journal.all == Self.inOrder.map { "\($0)" })
    }

    @Test func `is by the order of scheduling only where the keys are equal`() throws {
        let simulation = Simulation()
        let journal = Journal()
        try simulation.run {
            for name in ["a", "b", "c"] {
                simulation.schedule(EventKey(1, .wakeUp), Noter(journal, name))
            }
            try await simulation.clock.sleep(for: .nanoseconds(2))
        }
        #expect(journal.all == ["a", "b", "c"])
    }

    @Test(arguments: [false, true])
    func `lets an answer at exactly the timeout be in time`(timeoutFirst: Bool) throws {
        let simulation = Simulation()
        let kinds: [EventKey.Kind] = timeoutFirst ? [.timeout, .delivery] : [.delivery, .timeout]
        let first = try simulation.run {
            await withTaskGroup(of: EventKey.Kind.self) { group in
                for kind in kinds {
                    group.addTask {
                        try? await simulation.clock.sleep(EventKey(5, kind))
                        return kind
                    }
                }
                let first = await group.next()
                group.cancelAll()
                return first
            }
        }
        #expect(first == .delivery)
    }

    @Test func `drains the work of one event before the next of the same instant fires`() throws {
        let simulation = Simulation()
        let journal = Journal()
        try simulation.run {
            simulation.schedule(EventKey(5, .edge), Noter(journal, "edge"))
            async let other: Void = {
                await simulation.clock.sleepUninterrupted(EventKey(5, .delivery))
                journal.note("delivery")
                await Task.yield()
                journal.note("its follow-up")
            }()
            await other
            try await simulation.clock.sleep(for: .nanoseconds(6))
        }
        #expect(journal.all == ["delivery", "its follow-up", "edge"])
    }

    @Test func `puts what was due before now at now`() throws {
        let simulation = Simulation()
        let instant = try simulation.run {
            try await simulation.clock.sleep(for: .seconds(3))
            try await simulation.clock.sleep(EventKey(1, .wakeUp))
            return simulation.clock.now.nanoseconds
        }
        #expect(instant == 3_000_000_000)
    }

    /// The handler's own event is due at 5 s; what else is due, and whether it may be taken.
    @Test(
        arguments: [
            (nil, true), (EventKey(6, .delivery), true), (EventKey(5, .arrival, request: 9), true),
            (EventKey(5, .delivery), false), (EventKey(4, .arrival), false),
        ] as [(EventKey?, Bool)])
    func `lets a handler take its event only where nothing comes before`(
        other: EventKey?, isTaken: Bool
    ) throws {
        let simulation = Simulation()
        let journal = Journal()
        try simulation.run {
            let handler = Noter(journal, "fired")
            simulation.schedule(EventKey(5, .arrival), handler, token: 7)
            if let other { simulation.schedule(other, Noter(journal, "other")) }
            #expect(simulation.takeNext(scheduledFor: handler) == (isTaken ? 7 : nil))
            #expect(simulation.clock.now.nanoseconds == (isTaken ? 5 : 0))
            #expect(simulation.takeNext(scheduledFor: handler) == nil)
            try await simulation.clock.sleep(for: .nanoseconds(10))
        }
        #expect(journal.all.contains("fired") == !isTaken)
    }

    @Test func `takes nothing while a job is ready, and nothing beyond the limit`()
        throws
    {
        let simulation = Simulation(limits: .init(virtualTime: .nanoseconds(8)))
        let journal = Journal()
        try simulation.run {
            let handler = Noter(journal, "fired")
            simulation.schedule(EventKey(5, .arrival), handler, token: 1)
            simulation.spawn {}
            #expect(simulation.takeNext(scheduledFor: handler) == nil)
            await Task.yield()
            #expect(simulation.takeNext(scheduledFor: handler) == 1)
            simulation.schedule(EventKey(9, .arrival), handler, token: 2)
            #expect(simulation.takeNext(scheduledFor: handler) == nil)
        }
    }

    @Test func `gives the loop its turn after some events were taken`() throws {
        let simulation = Simulation()
        let journal = Journal()
        let taken = try simulation.run {
            let handler = Noter(journal, "fired")
            for instant in 1...1_000 {
                simulation.schedule(EventKey(Int64(instant), .edge), handler)
            }
            var taken = 0
            while simulation.takeNext(scheduledFor: handler) != nil { taken += 1 }
            return taken
        }
        #expect((1..<1_000).contains(taken))
    }
}
