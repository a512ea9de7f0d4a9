import Synchronization

/// The limiter that all tasks of a client share, with the tasks that wait for it.
///
/// A ticket's instant holds as long as everyone ahead in the queue sends. When one of them leaves,
/// or a claimed send does not happen, those behind may send earlier. Only the first in the queue is
/// then woken, and each next one in its turn: no waiter may send before the first, and waking all of
/// them would cost as many steps as there are waiters.
final class SharedLimiter: Sendable {
    /// A ticket that waits for its instant.
    struct Sleeper: Sendable {
        /// Opened if the ticket may send before `until`.
        let gate = Gate()
        let until: Int64
        let call: CallID
    }

    enum Grant {
        case go
        case wait(Sleeper)
    }

    private struct State {
        var limiter: SlidingLimiter
        /// Only ever looked up by ticket.
        var sleepers: [SlidingLimiter.Ticket: Sleeper] = [:]

        /// The first waiter in the queue if it was told a later instant than the one at which it
        /// may now send.
        mutating func overslept(at now: Int64) -> Sleeper? {
            guard let first = limiter.first(at: now), let sleeper = sleepers[first.ticket],
                first.mayGo < sleeper.until
            else { return nil }
            sleepers[first.ticket] = nil
            return sleeper
        }
    }

    private let state: Mutex<State>
    private let time: any TimeSource

    init(_ limiter: SlidingLimiter, _ time: any TimeSource) {
        state = Mutex(State(limiter: limiter))
        self.time = time
    }

    /// Joins the end of the queue.
    func enqueue() -> SlidingLimiter.Ticket { state.withLock { $0.limiter.enqueue() } }

    /// Asks whether the ticket may send. If not, the caller waits at the sleeper's gate, at most
    /// until its instant, and then asks again or leaves.
    func ask(_ ticket: SlidingLimiter.Ticket, _ call: CallID) -> (Grant, now: Int64) {
        changed { state, now in
            switch state.limiter.ask(ticket, at: now) {
            case .go:
                state.sleepers[ticket] = nil
                return (.go, now)
            case .waitUntil(let instant):
                let sleeper = Sleeper(until: instant, call: call)
                state.sleepers[ticket] = sleeper
                return (.wait(sleeper), now)
            }
        }
    }

    /// Leaves the queue.
    func leave(_ ticket: SlidingLimiter.Ticket) {
        changed { state, _ in
            state.sleepers[ticket] = nil
            state.limiter.leave(ticket)
        }
    }

    /// Claims a send without joining the queue.
    /// - Returns: the instant of the claim; nil if the send has to wait or the deadline has passed.
    func goesAtOnce(before deadline: Int64) -> Int64? {
        state.withLock { state in
            let now = time.now
            return now < deadline && state.limiter.goesAtOnce(at: now) ? now : nil
        }
    }

    /// Gives back the claim of a send that did not happen.
    func withdraw(claimed: Int64) {
        changed { state, _ in state.limiter.withdraw(claimed: claimed) }
    }

    /// Moves a claim to the instant of the send.
    /// - Returns: false if the claim is too old; it has then been withdrawn.
    func moved(from claimed: Int64, to now: Int64) -> Bool {
        changed { state, _ in state.limiter.moved(from: claimed, to: now) }
    }

    /// Changes the queue, then wakes its first waiter if that may send earlier than it was told.
    private func changed<Result>(_ body: (inout State, _ now: Int64) -> Result) -> Result {
        let (result, sleeper) = state.withLock { state in
            // Read under the lock, so that instants never go back from one call to the next.
            let now = time.now
            return (body(&state, now), state.overslept(at: now))
        }
        if let sleeper { time.wake(sleeper.gate, call: sleeper.call) }
        return result
    }
}
