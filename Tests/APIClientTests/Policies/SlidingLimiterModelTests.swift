import KeyedChance
import Testing

@testable import APIClient

/// Checks the limiter with random callers against the rule itself.
///
/// The callers wake late or early, leave, are delayed after their claim, or never send.
@Suite struct SlidingLimiterModelTests {
    private static let window = SlidingLimiter.window

    private struct Waiter {
        var ticket: SlidingLimiter.Ticket
        var order: Int
        /// The instant that the caller was told last. It asks again then.
        var told: Int64
    }

    private struct Claim {
        var order: Int
        var claimed: Int64
    }

    private struct Run {
        var limiter: SlidingLimiter
        let limit: Int
        var now: Int64 = 0
        var waiters: [Waiter] = []
        var claims: [Claim] = []
        /// The instants of the sends.
        var sends: [Int64] = []
        var goes: [(order: Int, at: Int64)] = []
        var left: Set<Int> = []
        var lapses = 0

        /// Everything that the log must contain by the rule: the sends so far and the permitted
        /// ones. Sends older than one window do not matter.
        var counted: [Int64] {
            let recent = sends.suffix(limit).filter { now - $0 < SlidingLimiterModelTests.window }
            return (recent + claims.map(\.claimed)).sorted()
        }

        /// The first instant from `now` on at which one more send fits into every window.
        var earliestForHead: Int64 {
            let all = counted
            if all.count < limit { return now }
            return max(now, all[all.count - limit] + SlidingLimiterModelTests.window)
        }
    }

    @Test(
        "No 60 s window ever holds more than the limit; the queue's head never waits needlessly",
        arguments: 0..<90)
    func randomCallers(seed: Int) throws {
        var chance = Chance(seed: UInt64(seed), stream: .init("limiter"))
        let limit = [1, 2, 3, 5, 17, 100][seed % 6]
        var run = Run(limiter: SlidingLimiter(limit: limit), limit: limit)
        let steps = 1_500
        for step in 0..<steps {
            run.now += pause(limit, &chance)
            switch chance.below(10) {
            case 0...3:
                let ticket = run.limiter.enqueue()
                run.waiters.append(Waiter(ticket: ticket, order: step, told: run.now))
            case 4...6: askSomebody(&run, &chance)
            case 7: leaveOrWithdraw(&run, &chance)
            default: sendOne(&run, &chance)
            }
            wakeAllDue(&run)
            #expect(run.limiter.waiting == run.waiters.count)
        }
        check(run)
        #expect(run.sends.count > 100 && run.lapses > 0, "the run exercised too little")
    }

    private func pause(_ limit: Int, _ chance: inout Chance) -> Int64 {
        switch chance.below(60) {
        case 0: chance.within(0...Self.window * 2)
        case 1: Self.window
        case 2...20: 0
        default: chance.within(0...Self.window / Int64(limit))
        }
    }

    /// A caller asks before its time, as after a spurious wake-up.
    private func askSomebody(_ run: inout Run, _ chance: inout Chance) {
        if run.waiters.isEmpty { return }
        ask(Int(chance.below(UInt64(run.waiters.count))), &run)
    }

    private func wakeAllDue(_ run: inout Run) {
        var index = 0
        while index < run.waiters.count {
            let count = run.waiters.count
            if run.waiters[index].told <= run.now { ask(index, &run) }
            if run.waiters.count == count { index += 1 }
        }
    }

    private func ask(_ index: Int, _ run: inout Run) {
        let waiter = run.waiters[index]
        let head = run.earliestForHead
        switch run.limiter.ask(waiter.ticket, at: run.now) {
        case .go:
            #expect(head == run.now)
            run.goes.append((waiter.order, run.now))
            run.waiters.remove(at: index)
            run.claims.append(Claim(order: waiter.order, claimed: run.now))
            // A caller ahead in the queue could still go at this instant.
            if index > 0 {
                let ahead = run.limiter
                for other in run.waiters[..<index] {
                    var copy = ahead
                    #expect(copy.ask(other.ticket, at: run.now) == .go)
                }
            }
        case .waitUntil(let instant):
            #expect(instant > run.now, "told to wait for nothing")
            if index == 0 { #expect(instant == head, "the head waits needlessly or too short") }
            #expect(instant >= head)
            run.waiters[index].told = instant
        }
    }

    private func leaveOrWithdraw(_ run: inout Run, _ chance: inout Chance) {
        if chance.below(2) == 0, !run.waiters.isEmpty {
            let waiter = run.waiters.remove(at: Int(chance.below(UInt64(run.waiters.count))))
            run.limiter.leave(waiter.ticket)
            run.left.insert(waiter.order)
        } else if !run.claims.isEmpty {
            let claim = run.claims.remove(at: Int(chance.below(UInt64(run.claims.count))))
            run.limiter.withdraw(claimed: claim.claimed)
        }
    }

    /// A caller that was told to go sends now, at once or after fetching credentials for a long
    /// time.
    private func sendOne(_ run: inout Run, _ chance: inout Chance) {
        if run.claims.isEmpty { return }
        // Mostly the last one, so that not all others lapse.
        let index =
            chance.below(3) == 0
            ? Int(chance.below(UInt64(run.claims.count))) : run.claims.count - 1
        let claim = run.claims.remove(at: index)
        if run.limiter.moved(from: claim.claimed, to: run.now) {
            #expect(run.now - claim.claimed < Self.window || run.now == claim.claimed)
            run.sends.append(run.now)
        } else {
            #expect(run.now - claim.claimed >= Self.window)
            run.lapses += 1
        }
    }

    private func check(_ run: Run) {
        let sends = run.sends.sorted()
        for (index, instant) in sends.enumerated() where index >= run.limit {
            #expect(instant - sends[index - run.limit] >= Self.window)
        }
    }

    @Test("Callers that ask when told to go in the order in which they came", arguments: 0..<40)
    func firstComeFirstServed(seed: Int) {
        var chance = Chance(seed: UInt64(seed), stream: .init("fifo"))
        let limit = 1 + Int(chance.below(6))
        var run = Run(limiter: SlidingLimiter(limit: limit), limit: limit)
        for order in 0..<400 {
            let arrival = run.now + chance.within(0...Self.window / Int64(limit))
            // Between two arrivals all that come due ask, each at its instant.
            while let due = run.waiters.map(\.told).min(), due <= arrival {
                run.now = due
                wakeAllDue(&run)
            }
            run.now = arrival
            let ticket = run.limiter.enqueue()
            run.waiters.append(Waiter(ticket: ticket, order: order, told: arrival))
            wakeAllDue(&run)
            if chance.below(10) == 0, !run.waiters.isEmpty {
                let index = Int(chance.below(UInt64(run.waiters.count)))
                run.limiter.leave(run.waiters.remove(at: index).ticket)
                // The driver wakes those behind.
                for index in run.waiters.indices { run.waiters[index].told = run.now }
                wakeAllDue(&run)
            }
        }
        #expect(run.goes.count > 150)
        let orders = run.goes.map(\.order)
        #expect(orders == orders.sorted())
        for (index, go) in run.goes.enumerated() where index >= limit {
            #expect(go.at - run.goes[index - limit].at >= Self.window)
        }
    }
}
