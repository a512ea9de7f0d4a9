/// Keeps the sends in any 60 s within a limit, first come, first served.
///
/// A sliding log: send number k + N may go 60 s after send number k. A bucket that refills would
/// let up to 2N through in 60 s. Intervals are half open, [t, t + 60 s), so a send exactly 60 s
/// after the Nth-last is allowed.
///
/// Instants are nanoseconds of one monotonic clock; read it inside the lock that guards the
/// limiter, so that they never go back from one call to the next.
struct SlidingLimiter: Sendable {
    /// The length of the window in nanoseconds.
    static let window: Int64 = 60_000_000_000

    /// A place in the queue. Ends with the answer `.go` or with `leave`.
    struct Ticket: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    enum Grant: Hashable, Sendable {
        /// Send now. The send is in the log and the ticket is spent.
        case go
        /// Not before this instant, given all that are ahead; then ask again.
        case waitUntil(Int64)
    }

    private let limit: Int
    /// The last `limit` sends, oldest first. Older ones cannot matter: each was at least a window
    /// old when the send that pushed it out was allowed.
    private var sends = SortedQueue<Int64>()
    private var waiters = SortedQueue<UInt64>()
    private var ticketsIssued: UInt64 = 0

    /// - Parameter limit: sends in any 60 s at the most; 0 is no limit.
    init(limit: Int) {
        precondition(limit >= 0, "limit is 0 or more")
        self.limit = limit
    }

    /// How many hold a ticket.
    var waiting: Int { waiters.count }

    /// Joins the end of the queue.
    mutating func enqueue() -> Ticket {
        ticketsIssued += 1
        waiters.append(ticketsIssued)
        return Ticket(number: ticketsIssued)
    }

    /// Asks whether the ticket's turn has come.
    ///
    /// Nobody has to be first in the queue to go: there only has to be room for all that are ahead
    /// as well. So of two that may go at the same instant it is all the same who wakes first, and
    /// one that never wakes holds up nobody.
    mutating func ask(_ ticket: Ticket, at now: Int64) -> Grant {
        guard let position = waiters.position(of: ticket.number) else {
            preconditionFailure("the ticket is spent: it was told to go, or has left")
        }
        // A clock that goes back must not bring sends closer to those after them.
        let now = max(now, sends.last ?? now)
        let earliest = earliest(position: position, now: now)
        if earliest > now { return .waitUntil(earliest) }
        waiters.remove(at: position)
        enter(now)
        return .go
    }

    /// Who is first in the queue, and when it may go; nil where nobody waits.
    func first(at now: Int64) -> (ticket: Ticket, mayGo: Int64)? {
        guard waiters.count > 0 else { return nil }
        let now = max(now, sends.last ?? now)
        return (Ticket(number: waiters[0]), earliest(position: 0, now: now))
    }

    /// Sends without a place in the queue, where there is room for all that are in it as well.
    /// - Returns: whether it goes; it is then in the log.
    mutating func goesAtOnce(at now: Int64) -> Bool {
        let now = max(now, sends.last ?? now)
        guard earliest(position: waiters.count, now: now) <= now else { return false }
        enter(now)
        return true
    }

    /// Gives up the place: cancelled, or the deadline comes first.
    ///
    /// Those behind may now go earlier than told. Harmless after `.go`: a cancellation may come at the same
    /// moment.
    mutating func leave(_ ticket: Ticket) {
        if let position = waiters.position(of: ticket.number) { waiters.remove(at: position) }
    }

    /// Moves a send that was allowed at `claimed` to when it really happens; credentials took time.
    ///
    /// Those behind that were told an instant may now be told a later one.
    ///
    /// A claim lasts less than one window. By then as many as the limit may have gone after it,
    /// each of them 60 s from where it was: entered this late it could make one too many.
    /// - Returns: whether the send may happen. If not, the claim has been withdrawn: join the queue
    ///   again.
    @discardableResult
    mutating func moved(from claimed: Int64, to now: Int64) -> Bool {
        if limit == 0 || now <= claimed { return true }
        let lapses = claimed.addingSaturated(Self.window)
        withdraw(claimed: claimed)
        if now >= lapses { return false }
        enter(now)
        return true
    }

    /// Takes a send that was allowed at `claimed` out of the log: it never happened, since the
    /// breaker refused it, say. After `moved`, the instant that it moved to is the claim. Those who wait may
    /// now go earlier than told.
    mutating func withdraw(claimed: Int64) {
        if let position = sends.position(of: claimed) { sends.remove(at: position) }
    }

    private mutating func enter(_ instant: Int64) {
        if limit == 0 { return }
        sends.append(max(instant, sends.last ?? instant))
        if sends.count > limit { sends.remove(at: 0) }
    }

    /// When the ticket at this position can go if all ahead of it go as early as they can.
    private func earliest(position: Int, now: Int64) -> Int64 {
        if limit == 0 { return now }
        // Each send makes room for one a window later, which makes room for one another window
        // later.
        let (rounds, place) = position.quotientAndRemainder(dividingBy: limit)
        let free = limit - sends.count
        let first = place < free ? now : max(now, sends[place - free].addingSaturated(Self.window))
        return first.addingSaturated(Int64(rounds).multipliedSaturated(by: Self.window))
    }
}
