import APIClient

/// Which resources are being fetched, and when each was answered last. Dictionaries that are looked
/// up only; nothing walks through them.
struct SharedAnswers {
    /// By path, because a write parts all that are under way to one.
    private var underWay: [String: [(twin: Int, request: UInt64)]] = [:]
    private var answeredAt: [String: Int64] = [:]
    private var keptAt: [String: Int64] = [:]
    private var exempted: Set<String> = []
    private var writtenAt: [String: Int64] = [:]

    /// A call for a resource begins.
    /// - Returns: how many were under way already; nil where they may be several.
    mutating func begin(_ flown: FlownRequest, _ load: CheckedLoad) -> Int? {
        // From before a write: it goes on beside those that came after it.
        if let written = writtenAt[flown.path], flown.arrival <= written { return nil }
        let calls = underWay[flown.path, default: []]
        underWay[flown.path] = calls + [(load.twin, flown.call.request)]
        guard !exempted.contains(flown.path) else { return nil }
        return calls.count { $0.twin == load.twin }
    }

    mutating func end(_ flown: FlownRequest) {
        guard var calls = underWay[flown.path],
            let index = calls.firstIndex(where: { $0.request == flown.call.request })
        else { return }
        calls.remove(at: index)
        underWay[flown.path] = calls.isEmpty ? nil : calls
    }

    /// An answer came; `mayBeKept` for more than those who wait for it.
    mutating func answered(_ resource: String, mayBeKept: Bool, at now: Int64) {
        answeredAt[resource] = now
        if mayBeKept { keptAt[resource] = now }
    }

    /// An answer that must not be shared: everybody goes on their own.
    mutating func exempt(_ path: String) { exempted.insert(path) }

    /// A write: who asks now must not join those under way.
    mutating func outdated(_ path: String, at now: Int64) {
        underWay[path] = nil
        writtenAt[path] = now
    }

    /// How old the last answer is that may have been given; nil: there is none.
    func age(_ resource: String, isShared: Bool, at now: Int64) -> Int64? {
        (isShared ? answeredAt[resource] : keptAt[resource]).map { now - $0 }
    }
}
