/// The records of attempts: one of its own for each request that never has more than one under way, further ones
/// from a pool. Confined to the simulation's thread.
final class AttemptPool {
    private var spare: [AttemptRecord] = []
    private var count = 0

    /// A record with a slot of its own.
    func make() -> AttemptRecord {
        count += 1
        return AttemptRecord(slot: count - 1)
    }

    /// A record for an attempt that is under way beside others of its request.
    @inline(never) func takeAnother(_ number: UInt32, of request: RequestRecord) -> AttemptRecord {
        let attempt = spare.popLast() ?? make()
        attempt.begin(number, request.call)
        attempt.isResend = all(of: request).contains {
            $0.call == request.call && $0.number == number && !$0.isEnded
        }
        request.progress.value.others.append(attempt)
        return attempt
    }

    private func all(of request: RequestRecord) -> [AttemptRecord] {
        [request.attempt] + request.progress.value.others
    }

    /// The attempt of a number that is not over for the client; of several the one that was sent last.
    @inline(never) func last(_ number: UInt32, of request: RequestRecord) -> AttemptRecord? {
        all(of: request).filter { $0.call == request.call && $0.number == number && !$0.isEnded }
            .max { $0.ordinal < $1.ordinal }
    }

    /// The client's attempt of a number is over.
    @inline(never) func ended(_ number: UInt32, of request: RequestRecord) {
        for attempt in all(of: request) where attempt.number == number { attempt.isEnded = true }
        // The first stays with the request; the others are lent again as soon as nothing holds them.
        spare += request.progress.value.others.filter(\.isOver)
        request.progress.value.others.removeAll(where: \.isOver)
    }

    /// The request has ended beside attempts of its own. Records that a transport may still hold are not used again.
    @inline(never) func abandon(_ request: RequestRecord) {
        for attempt in request.progress.value.others {
            attempt.isEnded = true
            if attempt.isSettled { spare.append(attempt) } else { attempt.isAbandoned = true }
        }
        request.progress.value.others = []
        request.attempt.isEnded = true
        // Until then its slot's next requests take others.
        if !request.attempt.isSettled { request.attempt.isAbandoned = true }
    }
}
