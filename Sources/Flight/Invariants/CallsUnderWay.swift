import APIClient

/// The resources that a client is fetching.
struct CallsUnderWay {
    private struct Attempt {
        let sharingGroup: Int
        let request: UInt64
        /// The slot of the attempt.
        let slot: Int
    }

    /// By path, because a write parts all that are under way to one.
    private var calls: [String: [Attempt]] = [:]
    /// Paths whose answers are not shared, since when the last such answer was decided. It lets those go
    /// on their own that have waited for it; the latest of them may have come just before it.
    private var exempted: FadingMemory<String, Void>
    private var writtenAt: FadingMemory<String, Int64>

    /// - Parameter horizon: from the send of an attempt to the last one of somebody who has waited for its
    ///   answer, in nanoseconds, at the most.
    init(horizon: Int64) {
        exempted = FadingMemory(horizon: horizon)
        writtenAt = FadingMemory(horizon: horizon)
    }

    /// A call for a resource begins.
    /// - Returns: how many other requests' calls were under way already; nil where they may be several. Several
    ///   attempts of one request are one call.
    mutating func begin(
        _ attempt: AttemptRecord, of request: RequestRecord, _ load: CheckedLoad
    ) -> Int? {
        // From before a write: it goes on beside those that came after it.
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

    /// An attempt is over.
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

    /// An answer that must not be shared: everybody goes on their own.
    mutating func exempt(_ path: String, at now: Int64) { exempted.set((), for: path, at: now) }

    /// A write: who asks now must not join those under way.
    mutating func outdated(_ path: String, at now: Int64) {
        calls[path] = nil
        writtenAt.set(now, for: path, at: now)
    }
}
