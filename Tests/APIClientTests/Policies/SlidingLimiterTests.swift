import KeyedChance
import Testing

@testable import APIClient

@Suite struct SlidingLimiterTests {
    private static let second: Int64 = 1_000_000_000

    /// A limiter whose log holds sends at these seconds.
    private static func limiter(_ limit: Int, sentAt seconds: [Int64] = []) -> SlidingLimiter {
        var limiter = SlidingLimiter(limit: limit)
        for instant in seconds {
            let ticket = limiter.enqueue()
            #expect(limiter.ask(ticket, at: instant * second) == .go)
        }
        return limiter
    }

    @Test("The limit's number go at once, the next exactly 60 s after the first")
    func burst() {
        var limiter = Self.limiter(3, sentAt: [5, 6, 6])
        let ticket = limiter.enqueue()
        #expect(limiter.ask(ticket, at: 7 * Self.second) == .waitUntil(65 * Self.second))
        #expect(limiter.ask(ticket, at: 65 * Self.second - 1) == .waitUntil(65 * Self.second))
        #expect(limiter.ask(ticket, at: 65 * Self.second) == .go)
        #expect(limiter.waiting == 0)
    }

    @Test("A burst after a quiet minute is not followed by another one") func noBucket() {
        var limiter = Self.limiter(2, sentAt: [59, 59])
        let ticket = limiter.enqueue()
        #expect(limiter.ask(ticket, at: 61 * Self.second) == .waitUntil(119 * Self.second))
    }

    @Test("To go at once is to join the queue and be told to go; else nothing is left behind")
    func atOnce() {
        var (direct, queued) = (SlidingLimiter(limit: 3), SlidingLimiter(limit: 3))
        var waiting: [(SlidingLimiter.Ticket, SlidingLimiter.Ticket)] = []
        var chance = Chance(seed: 1, stream: Chance.Stream("limiter"))
        var now: Int64 = 0
        var went = 0
        for step in 0..<2_000 {
            now += Int64(chance.below(30)) * Self.second
            // From time to time a caller waits and goes when its turn comes.
            if step % 7 == 0 { waiting.append((direct.enqueue(), queued.enqueue())) }
            waiting.removeAll { pair in
                let answer = direct.ask(pair.0, at: now)
                #expect(answer == queued.ask(pair.1, at: now))
                return answer == .go
            }
            let goes = direct.goesAtOnce(at: now)
            let ticket = queued.enqueue()
            #expect(goes == (queued.ask(ticket, at: now) == .go))
            if !goes { queued.leave(ticket) }
            if goes { went += 1 }
        }
        #expect(went > 500 && went < 1_900)
    }

    @Test("Each is told the earliest instant, given all that are ahead") func earliest() {
        var limiter = Self.limiter(2, sentAt: [10, 30])
        let tickets = (0..<5).map { _ in limiter.enqueue() }
        let answers = tickets.map { limiter.ask($0, at: 40 * Self.second) }
        #expect(answers == [70, 90, 130, 150, 190].map { .waitUntil($0 * Self.second) })
    }

    @Test("With room left, all that fit may go, and who is behind does not take their places")
    func room() {
        var limiter = Self.limiter(3, sentAt: [10])
        let first = limiter.enqueue()
        let second = limiter.enqueue()
        let third = limiter.enqueue()
        #expect(limiter.ask(third, at: 20 * Self.second) == .waitUntil(70 * Self.second))
        #expect(limiter.ask(second, at: 20 * Self.second) == .go)
        #expect(limiter.ask(third, at: 20 * Self.second) == .waitUntil(70 * Self.second))
        #expect(limiter.ask(first, at: 20 * Self.second) == .go)
    }

    @Test("When one leaves those behind move up") func leave() {
        var limiter = Self.limiter(1, sentAt: [0])
        let tickets = (0..<4).map { _ in limiter.enqueue() }
        #expect(limiter.ask(tickets[3], at: 0) == .waitUntil(240 * Self.second))
        limiter.leave(tickets[1])
        #expect(limiter.ask(tickets[3], at: 0) == .waitUntil(180 * Self.second))
        #expect(limiter.first(at: 0)?.ticket == tickets[0])
        limiter.leave(tickets[0])
        #expect(limiter.ask(tickets[2], at: 0) == .waitUntil(60 * Self.second))
        limiter.leave(tickets[3])
        #expect(limiter.waiting == 1)
        #expect(limiter.first(at: 0)?.ticket == tickets[2])
        #expect(limiter.first(at: 0)?.mayGo == 60 * Self.second)
        #expect(limiter.first(at: 70 * Self.second)?.mayGo == 70 * Self.second)
        limiter.leave(tickets[2])
        #expect(limiter.first(at: 0) == nil)
    }

    @Test("To leave after having gone, or twice, changes nothing") func leaveTwice() {
        var limiter = Self.limiter(1)
        let gone = limiter.enqueue()
        let waiting = limiter.enqueue()
        #expect(limiter.ask(gone, at: 0) == .go)
        limiter.leave(gone)
        #expect(limiter.ask(waiting, at: 0) == .waitUntil(60 * Self.second))
        limiter.leave(waiting)
        limiter.leave(waiting)
        #expect(limiter.waiting == 0)
    }

    @Test("A send that happens later than claimed counts from when it happens") func moved() {
        var limiter = Self.limiter(2, sentAt: [0, 1])
        #expect(limiter.moved(from: 0, to: 3 * Self.second) == true)
        let tickets = (0..<2).map { _ in limiter.enqueue() }
        #expect(limiter.ask(tickets[0], at: 4 * Self.second) == .waitUntil(61 * Self.second))
        #expect(limiter.ask(tickets[1], at: 4 * Self.second) == .waitUntil(63 * Self.second))
    }

    @Test("To move a send to where it is, or back, changes nothing") func movedNowhere() {
        var limiter = Self.limiter(1, sentAt: [10])
        #expect(limiter.moved(from: 10 * Self.second, to: 10 * Self.second) == true)
        #expect(limiter.moved(from: 10 * Self.second, to: 0) == true)
        let ticket = limiter.enqueue()
        #expect(limiter.ask(ticket, at: 11 * Self.second) == .waitUntil(70 * Self.second))
    }

    @Test("A claim lapses after 60 s, also when others have gone since") func lapsed() {
        for others in [false, true] {
            var limiter = Self.limiter(1, sentAt: others ? [0, 60] : [0])
            #expect(limiter.moved(from: 0, to: 60 * Self.second) == false)
            let again = limiter.enqueue()
            let answer = limiter.ask(again, at: 60 * Self.second)
            #expect(answer == (others ? .waitUntil(120 * Self.second) : .go))
        }
        var limiter = Self.limiter(1, sentAt: [0])
        #expect(limiter.moved(from: 0, to: 60 * Self.second - 1) == true)
        let next = limiter.enqueue()
        #expect(limiter.ask(next, at: 60 * Self.second) == .waitUntil(120 * Self.second - 1))
    }

    @Test("A send that never happened makes room again") func withdrawn() {
        var limiter = Self.limiter(2, sentAt: [0, 5])
        let ticket = limiter.enqueue()
        #expect(limiter.ask(ticket, at: 6 * Self.second) == .waitUntil(60 * Self.second))
        limiter.withdraw(claimed: 5 * Self.second)
        #expect(limiter.ask(ticket, at: 6 * Self.second) == .go)
        let next = limiter.enqueue()
        limiter.withdraw(claimed: 5 * Self.second)
        #expect(
            limiter.ask(next, at: 6 * Self.second) == .waitUntil(60 * Self.second),
            "it was not there any more")
    }

    @Test("A limit of 0 is none") func unlimited() {
        var limiter = Self.limiter(0)
        for _ in 0..<1_000 {
            let ticket = limiter.enqueue()
            #expect(limiter.ask(ticket, at: 0) == .go)
            #expect(limiter.moved(from: 0, to: 100 * Self.second) == true)
            limiter.withdraw(claimed: 0)
        }
        #expect(limiter.waiting == 0)
    }

    @Test("A clock that goes back brings no sends closer together") func clockGoesBack() {
        var limiter = Self.limiter(1, sentAt: [100])
        let ticket = limiter.enqueue()
        #expect(limiter.ask(ticket, at: 30 * Self.second) == .waitUntil(160 * Self.second))
        var roomy = Self.limiter(2, sentAt: [100])
        let tickets = (0..<2).map { _ in roomy.enqueue() }
        #expect(roomy.ask(tickets[0], at: 99 * Self.second) == .go)
        #expect(roomy.ask(tickets[1], at: 159 * Self.second) == .waitUntil(160 * Self.second))
    }

    @Test("Instants near the end of time, and very long queues, overflow nowhere")
    func endOfTime() {
        var limiter = SlidingLimiter(limit: 1)
        let tickets = (0..<3).map { _ in limiter.enqueue() }
        #expect(limiter.ask(tickets[0], at: .max - 1) == .go)
        #expect(limiter.ask(tickets[2], at: .max - 1) == .waitUntil(.max))
    }
}

@Suite struct SortedQueueTests {
    @Test("Positions stay right across many removals in front, at the back and between")
    func removals() {
        var queue = SortedQueue<Int>()
        var list: [Int] = []
        for number in 0..<2_000 {
            queue.append(number * 2)
            list.append(number * 2)
            if number % 3 != 0 {
                let position = number % 5 == 0 ? (number * 7) % list.count : 0
                queue.remove(at: position)
                list.remove(at: position)
            }
            #expect(queue.count == list.count && queue.last == list.last)
            for (position, element) in list.enumerated() where position % 97 == 0 {
                #expect(queue.position(of: element) == position && queue[position] == element)
                #expect(queue.position(of: element + 1) == nil)
            }
        }
        while queue.count > 0 { queue.remove(at: queue.count - 1) }
        #expect(queue.last == nil && queue.position(of: 0) == nil)
    }
}
