import APIClient

/// When each resource was answered last, for all who share a cache. Dictionaries that are looked up
/// only; nothing walks through them.
final class KnownAnswers {
    /// By resource, and by which loads may see each other's answers.
    private struct Key: Hashable {
        let resource: String
        let twin: Int
    }

    private var answeredAt: [Key: Int64] = [:]
    private var keptAt: [Key: Int64] = [:]

    /// An answer came; `mayBeKept` for more than those who wait for it.
    func answered(_ resource: String, _ load: CheckedLoad, mayBeKept: Bool, at now: Int64) {
        let key = Key(resource: resource, twin: load.twin)
        answeredAt[key] = now
        if mayBeKept { keptAt[key] = now }
    }

    /// How old the last answer is that may have been given; nil: there is none.
    func age(
        _ resource: String, _ load: CheckedLoad, isShared: Bool, at now: Int64
    ) -> Int64? {
        let key = Key(resource: resource, twin: load.twin)
        return (isShared ? answeredAt[key] : keptAt[key]).map { now - $0 }
    }
}

/// Which resources a client is fetching.
struct CallsUnderWay {
    /// By path, because a write parts all that are under way to one.
    private var calls: [String: [(twin: Int, request: UInt64)]] = [:]
    private var exempted: Set<String> = []
    private var writtenAt: [String: Int64] = [:]

    /// A call for a resource begins.
    /// - Returns: how many were under way already; nil where they may be several.
    mutating func begin(_ flown: FlownRequest, _ load: CheckedLoad) -> Int? {
        // From before a write: it goes on beside those that came after it.
        if let written = writtenAt[flown.path], flown.arrival <= written { return nil }
        let known = calls[flown.path, default: []]
        calls[flown.path] = known + [(load.twin, flown.call.request)]
        guard !exempted.contains(flown.path) else { return nil }
        return known.count { $0.twin == load.twin }
    }

    mutating func end(_ flown: FlownRequest) {
        guard var known = calls[flown.path],
            let index = known.firstIndex(where: { $0.request == flown.call.request })
        else { return }
        known.remove(at: index)
        calls[flown.path] = known.isEmpty ? nil : known
    }

    /// An answer that must not be shared: everybody goes on their own.
    mutating func exempt(_ path: String) { exempted.insert(path) }

    /// A write: who asks now must not join those under way.
    mutating func outdated(_ path: String, at now: Int64) {
        calls[path] = nil
        writtenAt[path] = now
    }
}
