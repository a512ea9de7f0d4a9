/// The records of attempts. A request keeps one record for its attempts in sequence; parallel attempts take
/// further ones from a pool. Confined to the simulation's thread.
final class AttemptPool {
    private var spare: [AttemptRecord] = []
    private var count = 0

    /// Takes a record for an attempt of a request. It is in use until it is both settled and ended.
    @inline(__always) func take(_ number: UInt32, of request: RequestRecord) -> AttemptRecord {
        let attempt: AttemptRecord
        if let first = request.progress.value.first, first.isOver {
            attempt = first
        } else {
            attempt = takeAnother(request)
        }
        attempt.isResend = isUnderWay(number, beside: attempt, of: request)
        attempt.begin(number, request.call)
        return attempt
    }

    @inline(never) private func takeAnother(_ request: RequestRecord) -> AttemptRecord {
        let attempt: AttemptRecord
        if let spare = spare.popLast() {
            attempt = spare
        } else {
            attempt = AttemptRecord(slot: count)
            count += 1
        }
        if request.progress.value.first == nil {
            request.progress.value.first = attempt
        } else {
            request.progress.value.others.append(attempt)
        }
        return attempt
    }

    @inline(__always) private func isUnderWay(
        _ number: UInt32, beside attempt: AttemptRecord, of request: RequestRecord
    ) -> Bool {
        if request.progress.value.others.isEmpty { return false }
        return all(of: request).contains { $0 !== attempt && $0.number == number && !$0.isEnded }
    }

    private func all(of request: RequestRecord) -> [AttemptRecord] {
        (request.progress.value.first.map { [$0] } ?? []) + request.progress.value.others
    }

    /// The attempt with a number that the client has not ended; of several, the one sent last. nil: none.
    @inline(__always) func last(_ number: UInt32, of request: RequestRecord) -> AttemptRecord? {
        guard let first = request.progress.value.first else { return nil }
        if request.progress.value.others.isEmpty {
            return first.number == number && !first.isEnded ? first : nil
        }
        return all(of: request).filter { $0.number == number && !$0.isEnded }
            .max { $0.ordinal < $1.ordinal }
    }

    /// Records that the client's attempt with a number is over.
    @inline(__always) func ended(_ number: UInt32, of request: RequestRecord) {
        if request.progress.value.others.isEmpty {
            request.progress.value.first?.isEnded = true
            return
        }
        for attempt in all(of: request) where attempt.number == number { attempt.isEnded = true }
        // The first record stays with the request; others return to the pool when neither client nor sender uses them.
        spare += request.progress.value.others.filter(\.isOver)
        request.progress.value.others.removeAll(where: \.isOver)
    }

    /// Records that the request has ended. Records that a sender may still use are not reused.
    @inline(__always) func abandon(_ request: RequestRecord) {
        if request.progress.value.others.isEmpty, request.progress.value.first?.isSettled == true {
            request.progress.value.first?.isEnded = true
            return
        }
        abandonAll(of: request)
    }

    @inline(never) private func abandonAll(of request: RequestRecord) {
        let all = all(of: request)
        request.progress.value.first = nil
        request.progress.value.others = []
        for attempt in all {
            attempt.isEnded = true
            if attempt.isSettled { spare.append(attempt) } else { attempt.isAbandoned = true }
        }
    }
}
