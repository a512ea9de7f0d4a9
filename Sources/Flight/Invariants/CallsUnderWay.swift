import APIClient

/// Which resources a client is fetching.
struct CallsUnderWay {
    /// By path, because a write parts all that are under way to one.
    private var calls: [String: [(sharingGroup: Int, request: UInt64)]] = [:]
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
    /// - Returns: how many were under way already; nil where they may be several.
    mutating func begin(_ flown: FlownRequest, _ load: CheckedLoad) -> Int? {
        // From before a write: it goes on beside those that came after it.
        if let written = writtenAt[flown.path], flown.arrival <= written { return nil }
        if exempted[flown.path] != nil { return nil }
        let others = calls[flown.path]?.count { $0.sharingGroup == load.sharingGroup } ?? 0
        calls[flown.path, default: []].append((load.sharingGroup, flown.call.request))
        return others
    }

    mutating func end(_ flown: FlownRequest) {
        guard
            let index = calls[flown.path]?.firstIndex(where: {
                $0.request == flown.call.request
            })
        else { return }
        calls[flown.path]?.remove(at: index)
        if calls[flown.path]?.isEmpty == true { calls[flown.path] = nil }
    }

    /// An answer that must not be shared: everybody goes on their own.
    mutating func exempt(_ path: String, at now: Int64) { exempted.set((), for: path, at: now) }

    /// A write: who asks now must not join those under way.
    mutating func outdated(_ path: String, at now: Int64) {
        calls[path] = nil
        writtenAt.set(now, for: path, at: now)
    }
}
