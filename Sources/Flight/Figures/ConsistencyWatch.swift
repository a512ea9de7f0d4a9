import APIClient
import Upstream

/// Holds what caches answer against what the upstream held at that instant. To be told of loads whose
/// paths are both cached and written to. Confined to the simulation's thread.
final class ConsistencyWatch {
    /// An answer that a cache may show.
    private struct Shown {
        let sharingGroup: Int
        let at: Int64
        let reading: Reading
    }

    /// Fewer answers than this are not worth tidying up.
    private static let tidyLeast = 4_096

    /// How long an answer may be shown, in nanoseconds.
    private let horizon: Int64
    private let sharesCache: Bool
    /// Dictionaries that are looked up; nothing depends on their order.
    private var paths: [String: PathHistory] = [:]
    /// By the clients' numbers, or one for all: what was kept of each path, one answer of each sharingGroup.
    private var kept: [[String: [Shown]]]
    /// By the clients' numbers: what was answered at this very instant, for those that follow.
    private var answered: [[(path: String, shown: Shown)]]
    /// How many more entries may come before those are dropped that nobody can show any more.
    private var untilTidy = ConsistencyWatch.tidyLeast

    /// - Parameters:
    ///   - clients: how many there are.
    ///   - sharesCache: whether they have one cache between them.
    ///   - configuration: each client's.
    init(clients: UInt32, sharesCache: Bool, _ configuration: APIClient.Configuration) {
        self.sharesCache = sharesCache
        horizon = configuration.cache.timeToLive.nanoseconds.addingSaturated(
            configuration.cache.staleIfError.nanoseconds)
        kept = Array(repeating: [:], count: sharesCache ? 1 : Int(clients))
        answered = Array(repeating: [], count: Int(clients))
    }

    private func cache(_ flown: FlownRequest) -> Int { sharesCache ? 0 : Int(flown.call.client) }

    /// A write takes effect.
    func wrote(_ flown: FlownRequest, _ decision: Decision, at now: Int64) {
        let instant = decision.workEnds(at: now)
        // A path that nobody has read yet has no version to outdate, unless a read overtakes the write.
        guard instant > now || paths[flown.path] != nil else { return }
        tidyUpIfDue(at: now)
        paths[flown.path, default: PathHistory()].write(at: instant, now: now)
    }

    /// A read is answered, if its client waits for it.
    func read(_ flown: FlownRequest, _ decision: Decision, at now: Int64) {
        tidyUpIfDue(at: now)
        flown.reading = paths[flown.path, default: PathHistory()].read(
            at: decision.workEnds(at: now), now: now)
    }

    /// The answer of the last attempt has come.
    func answered(_ flown: FlownRequest, _ load: CheckedLoad, at now: Int64) {
        guard let reading = flown.reading else { return }
        let client = Int(flown.call.client)
        answered[client].removeAll { $0.shown.at < now }
        answered[client].append(
            (flown.path, Shown(sharingGroup: load.sharingGroup, at: now, reading: reading)))
    }

    /// That answer is kept in the cache.
    func stored(_ flown: FlownRequest, _ load: CheckedLoad) {
        guard let reading = flown.reading else { return }
        let cache = cache(flown)
        var known = kept[cache].removeValue(forKey: flown.path) ?? []
        known.removeAll { $0.sharingGroup == load.sharingGroup }
        known.append(Shown(sharingGroup: load.sharingGroup, at: flown.endedAt, reading: reading))
        kept[cache][flown.path] = known
    }

    /// Nothing is kept of a path any more.
    func invalidated(_ flown: FlownRequest) { kept[cache(flown)][flown.path] = nil }

    /// How old the oldest effect is that an answer of the cache does not show, in nanoseconds; 0 where it
    /// shows them all, or where nobody told that it was kept.
    func lag(
        _ flown: FlownRequest, _ load: CheckedLoad, _ event: CacheEvent, at now: Int64
    ) -> Int64 {
        guard let reading = shown(flown, load, event, at: now)?.reading else { return 0 }
        paths[flown.path]?.advance(to: now)
        guard let outdatedAt = reading.version?.outdatedAt else { return 0 }
        return now - outdatedAt
    }

    private func shown(
        _ flown: FlownRequest, _ load: CheckedLoad, _ event: CacheEvent, at now: Int64
    ) -> Shown? {
        switch event {
        case .hit(let age), .staleServed(let age):
            // By its age: an answer may serve requests that differ from its own in a field.
            let known = kept[cache(flown)][flown.path]?.filter { $0.at == now - age }
            return known?.first { $0.sharingGroup == load.sharingGroup } ?? known?.last
        case .followed:
            return answered[Int(flown.call.client)].last {
                $0.path == flown.path && $0.shown.sharingGroup == load.sharingGroup
                    && $0.shown.at == now
            }?.shown
        case .miss, .stored, .invalidated: return nil
        }
    }

    // MARK: - Tidying up

    private func tidyUpIfDue(at now: Int64) {
        untilTidy -= 1
        if untilTidy <= 0 { tidyUp(at: now) }
    }

    private func tidyUp(at now: Int64) {
        for index in kept.indices {
            kept[index] = kept[index].filter { entry in
                entry.value.contains { now - $0.at <= horizon }
            }
        }
        var forgotten: [String] = []
        var index = paths.startIndex
        while index != paths.endIndex {
            if paths.values[index].isForgettable { forgotten.append(paths.keys[index]) }
            paths.formIndex(after: &index)
        }
        for path in forgotten { paths[path] = nil }
        let left = kept.reduce(paths.count) { $0 + $1.count }
        untilTidy = max(Self.tidyLeast, left)
    }
}

extension Decision {
    /// When the upstream has done its work for a request that arrived at `now`.
    fileprivate func workEnds(at now: Int64) -> Int64 {
        guard let service else { return now }
        return now.addingSaturated(service.wait).addingSaturated(service.duration)
    }
}
