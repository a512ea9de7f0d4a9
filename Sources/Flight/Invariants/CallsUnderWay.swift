import APIClient

/// The upstream calls that a client has in flight.
struct CallsUnderWay {
    private struct Attempt {
        let sharingGroup: Int
        let request: UInt64
        /// The slot of the attempt.
        let slot: Int
    }

    /// By path, because a write separates later calls from all earlier ones to its path.
    private var calls: [String: [Attempt]] = [:]
    /// Paths with unshareable answers, since the last such answer was decided. The requests that waited for it
    /// may send on their own; the latest of them may have arrived just before it.
    private var exempted: FadingMemory<String, Void>
    private var writtenAt: FadingMemory<String, Int64>

    /// - Parameter horizon: the longest time from the send of an attempt to the last send of a request that
    ///   waited for its answer, in nanoseconds.
    init(horizon: Int64) {
        exempted = FadingMemory(horizon: horizon)
        writtenAt = FadingMemory(horizon: horizon)
    }

    /// Records that a call for a resource begins. All attempts of one request are one call.
    /// - Returns: the number of calls for it that other requests have in flight; nil: several are allowed.
    mutating func begin(
        _ attempt: AttemptRecord, of request: RequestRecord, _ load: CheckedLoad
    ) -> Int? {
        // The request arrived before a write, so it may run beside calls that came after the write.
        if let written = writtenAt[request.path], request.arrival <= written { return nil }
        if exempted[request.path] != nil { return nil }
        let number = request.call.request
        let others =
            calls[request.path]?.count {
                $0.sharingGroup == load.sharingGroup && $0.request != number
            } ?? 0
        calls[request.path, default: []].append(
            Attempt(sharingGroup: load.sharingGroup, request: number, slot: attempt.slot))
        return others
    }

    /// Records the end of an attempt.
    mutating func end(_ attempt: AttemptRecord, of request: RequestRecord) {
        let number = request.call.request
        guard
            let index = calls[request.path]?.firstIndex(where: {
                $0.request == number && $0.slot == attempt.slot
            })
        else { return }
        calls[request.path]?.remove(at: index)
        if calls[request.path]?.isEmpty == true { calls[request.path] = nil }
    }

    /// Records an answer that must not be shared: every waiting request may send on its own.
    mutating func exempt(_ path: String, at now: Int64) { exempted.set((), for: path, at: now) }

    /// Records a write: requests that arrive from now on must not join calls that are in flight.
    mutating func outdated(_ path: String, at now: Int64) {
        calls[path] = nil
        writtenAt.set(now, for: path, at: now)
    }
}
