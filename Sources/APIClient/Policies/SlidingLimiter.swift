/// A sliding-log rate limiter: at most N sends in any 60 s, first come, first served.
///
/// Send number k + N may happen 60 s after send number k. A token bucket would let up to 2N sends
/// through in 60 s. Windows are half open, [t, t + 60 s), so a send exactly 60 s after the Nth-last
/// is allowed.
///
/// Instants are nanoseconds of one monotonic clock. Read it under the lock that guards the limiter,
/// so that instants never go back from one call to the next.
struct SlidingLimiter: Sendable {
    /// The length of the window in nanoseconds.
    static let window: Int64 = 60_000_000_000

    /// A place in the queue. It ends with the answer `.go` or with `leave`.
    struct Ticket: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    enum Grant: Hashable, Sendable {
        /// Send now. The send is in the log, and the ticket is used up.
        case go
        /// Do not send before this instant, given all that are ahead in the queue; then ask again.
        case waitUntil(Int64)
    }

    private let limit: Int
    /// The last `limit` sends, oldest first. Older ones cannot matter: each was at least a window
    /// old when the send that replaced it was allowed.
    private var sends = SortedQueue<Int64>()
    private var waiters = SortedQueue<UInt64>()
    private var ticketsIssued: UInt64 = 0

    /// Makes a limiter with an empty log.
    /// - Parameter limit: the largest number of sends in any 60 s; 0 means no limit.
    init(limit: Int) {
        precondition(limit >= 0, "limit is 0 or more")
        self.limit = limit
    }

    /// The number of tickets in the queue.
    var waiting: Int { waiters.count }

    /// Joins the end of the queue.
    mutating func enqueue() -> Ticket {
        ticketsIssued += 1
        waiters.append(ticketsIssued)
        return Ticket(number: ticketsIssued)
    }

    /// Asks whether the ticket may send.
    ///
    /// A ticket need not be first in the queue; there must only be room for all that are ahead as
    /// well. So the order in which tickets with the same instant wake does not matter, and one that
    /// never wakes blocks no other.
    mutating func ask(_ ticket: Ticket, at now: Int64) -> Grant {
        guard let position = waiters.position(of: ticket.number) else {
            preconditionFailure("the ticket is spent: it was told to go, or has left")
        }
        // A clock that goes back must not shorten the distance to later sends.
        let now = max(now, sends.last ?? now)
        let earliest = earliest(position: position, now: now)
        if earliest > now { return .waitUntil(earliest) }
        waiters.remove(at: position)
        enter(now)
        return .go
    }

    /// The first ticket in the queue, and the instant at which it may send; nil if the queue is
    /// empty.
    func first(at now: Int64) -> (ticket: Ticket, mayGo: Int64)? {
        guard waiters.count > 0 else { return nil }
        let now = max(now, sends.last ?? now)
        return (Ticket(number: waiters[0]), earliest(position: 0, now: now))
    }

    /// Sends without joining the queue, if there is room for all that are in it as well.
    /// - Returns: whether the send may happen; it is then in the log.
    mutating func goesAtOnce(at now: Int64) -> Bool {
        let now = max(now, sends.last ?? now)
        guard earliest(position: waiters.count, now: now) <= now else { return false }
        enter(now)
        return true
    }

    /// Leaves the queue, because the request was cancelled or its deadline comes first.
    ///
    /// Those behind may now send earlier than they were told. After `.go` the call has no effect,
    /// because a cancellation may come at the same moment.
    mutating func leave(_ ticket: Ticket) {
        if let position = waiters.position(of: ticket.number) { waiters.remove(at: position) }
    }

    /// Moves a send that was allowed at `claimed` to the instant at which it happens, after the
    /// credentials took time. Those behind may now have to wait longer than they were told.
    ///
    /// A claim is valid for less than one window. After that, `limit` other sends may have followed
    /// it, and this one could be one too many.
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

    /// Removes a send that was allowed at `claimed` from the log, because it did not happen, for
    /// instance because the breaker refused it. After `moved`, the claim is the instant that it was
    /// moved to. Those who wait may now send earlier than they were told.
    mutating func withdraw(claimed: Int64) {
        if let position = sends.position(of: claimed) { sends.remove(at: position) }
    }

    private mutating func enter(_ instant: Int64) {
        if limit == 0 { return }
        sends.append(max(instant, sends.last ?? instant))
        if sends.count > limit { sends.remove(at: 0) }
    }

    /// The instant at which the ticket at this position can send if all ahead of it send as early
    /// as possible.
    private func earliest(position: Int, now: Int64) -> Int64 {
        if limit == 0 { return now }
        // Each send makes room for another one window later, and that one again for one a window
        // later.
        let (rounds, place) = position.quotientAndRemainder(dividingBy: limit)
        let free = limit - sends.count
        let first = place < free ? now : max(now, sends[place - free].addingSaturated(Self.window))
        return first.addingSaturated(Int64(rounds).multipliedSaturated(by: Self.window))
    }
}
