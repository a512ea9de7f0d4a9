import Synchronization

/// The limiter of all tasks that use a client, and those that sleep until it lets them through.
///
/// A ticket's instant holds as long as all ahead go. When one leaves, or a send that was entered does not
/// happen, those behind may go earlier. Only the first in the queue is then told so, and each one in its
/// turn: nobody goes before the first does, and to wake all of them each time would take as many steps as
/// there are waiters.
final class SharedLimiter: Sendable {
    /// A ticket that waits for its instant.
    struct Sleeper: Sendable {
        /// Opened where it may go earlier.
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
        /// Looked up by ticket only.
        var sleepers: [SlidingLimiter.Ticket: Sleeper] = [:]

        /// The first in the queue, where it was told a later instant than that at which it may go.
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

    /// Asks whether the ticket's turn has come. It waits at the sleeper's gate, until its instant at the
    /// longest, and asks again, or leaves.
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

    /// Gives up the place.
    func leave(_ ticket: SlidingLimiter.Ticket) {
        changed { state, _ in
            state.sleepers[ticket] = nil
            state.limiter.leave(ticket)
        }
    }

    /// Sends without a place in the queue.
    /// - Returns: the instant under which it is entered; nil where it has to wait, or the deadline has come.
    func goesAtOnce(before deadline: Int64) -> Int64? {
        state.withLock { state in
            let now = time.now
            return now < deadline && state.limiter.goesAtOnce(at: now) ? now : nil
        }
    }

    /// Takes a send back that never happened.
    func withdraw(claimed: Int64) {
        changed { state, _ in state.limiter.withdraw(claimed: claimed) }
    }

    /// Moves a claim to the instant of the send.
    /// - Returns: false where it is too old and has been withdrawn.
    func moved(from claimed: Int64, to now: Int64) -> Bool {
        changed { state, _ in state.limiter.moved(from: claimed, to: now) }
    }

    /// Changes the queue, then wakes whoever is first in it and sleeps too long.
    private func changed<Result>(_ body: (inout State, _ now: Int64) -> Result) -> Result {
        let (result, sleeper) = state.withLock { state in
            // Read under the lock, so that instants never go back from one question to the next.
            let now = time.now
            return (body(&state, now), state.overslept(at: now))
        }
        if let sleeper { time.wake(sleeper.gate, call: sleeper.call) }
        return result
    }
}
