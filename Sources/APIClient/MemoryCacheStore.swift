public import HTTPTypes
import Synchronization

/// Keeps answers in memory, the oldest given up first when there are too many.
public final class MemoryCacheStore: CacheStore {
    private struct Kept {
        var entry: CacheEntry
        /// When it came in; an older note of the same entry in `ages` is out of date.
        var serial: UInt64
    }

    private struct State {
        var entries: [CacheKey: [Kept]] = [:]
        /// The keys of each path; in no order, and visited only to drop them all.
        var paths: [[UInt8]: Set<CacheKey>] = [:]
        /// In the order of coming in; dictionaries have no order that is the same twice.
        var ages: [(serial: UInt64, key: CacheKey)] = []
        var firstAge = 0
        var count = 0
        var writes: WriteNotes
        var serial: UInt64 = 0
    }

    private let entriesMax: Int
    private let state: Mutex<State>

    /// - Parameter entriesMax: at least 1.
    public init(entriesMax: Int) {
        precondition(entriesMax >= 1, "a cache holds at least one entry")
        self.entriesMax = entriesMax
        state = Mutex(State(writes: WriteNotes(countMax: entriesMax)))
    }

    /// The latest entry that matches, if it is still of use.
    public func entry(
        for key: CacheKey, matching fields: HTTPFields, at now: Int64
    ) async throws -> CacheEntry? { entryNow(for: key, matching: fields, at: now) }

    /// The same without waiting: the client asks so where it can.
    func entryNow(for key: CacheKey, matching fields: HTTPFields, at now: Int64) -> CacheEntry? {
        state.withLock { state in
            guard let kept = state.entries[key] else { return nil }
            // Several match where the upstream has changed what it varies by: the latest counts, and no
            // older one comes back when that is of no use any more.
            let latest = kept.filter { $0.entry.matches(fields) }.max { $0.serial < $1.serial }
            guard let entry = latest?.entry, now < entry.staleUntil else { return nil }
            return entry
        }
    }

    /// Keeps an entry, and gives up the oldest where there are too many.
    public func keep(_ entry: CacheEntry, for key: CacheKey) async throws -> Bool {
        state.withLock { state in
            guard !state.writes.hasOne(since: entry.requestedAt, of: key) else { return false }
            state.serial += 1
            let kept = Kept(entry: entry, serial: state.serial)
            if let variants = state.entries[key] {
                if let index = variants.firstIndex(where: { $0.entry.varied == entry.varied }) {
                    state.entries[key]?[index] = kept
                } else {
                    state.entries[key]?.append(kept)
                    state.count += 1
                }
            } else {
                state.entries[key] = [kept]
                state.paths[key.path, default: []].insert(key)
                state.count += 1
            }
            state.ages.append((state.serial, key))
            while state.count > entriesMax { Self.dropOldest(&state) }
            Self.trimNotes(&state)
            return true
        }
    }

    /// Drops all entries of a path.
    public func invalidate(path: [UInt8], at now: Int64) async throws -> Bool {
        state.withLock { state in
            state.writes.note(path, at: now)
            guard let keys = state.paths.removeValue(forKey: path) else { return false }
            for key in keys { state.count -= state.entries.removeValue(forKey: key)?.count ?? 0 }
            return true
        }
    }

    private static func dropOldest(_ state: inout State) {
        let (serial, key) = state.ages[state.firstAge]
        state.firstAge += 1
        guard let index = state.entries[key]?.firstIndex(where: { $0.serial == serial }) else {
            return
        }
        state.entries[key]?.remove(at: index)
        state.count -= 1
        guard state.entries[key]?.isEmpty == true else { return }
        state.entries[key] = nil
        let path = key.path
        state.paths[path]?.remove(key)
        if state.paths[path]?.isEmpty == true { state.paths[path] = nil }
    }

    /// Notes of entries that were replaced or invalidated must not pile up.
    private static func trimNotes(_ state: inout State) {
        if state.firstAge > 1024, state.firstAge > state.ages.count / 2 {
            state.ages.removeFirst(state.firstAge)
            state.firstAge = 0
        }
        guard state.ages.count - state.firstAge > 2 * state.count + 1024 else { return }
        let entries = state.entries
        state.ages = state.ages[state.firstAge...].filter { note in
            entries[note.key]?.contains { $0.serial == note.serial } ?? false
        }
        state.firstAge = 0
    }
}

/// When each path was last written to, for as many paths as there may be entries at least. Of older writes
/// it is known only that there were some: what was asked for before those counts as outdated.
struct WriteNotes {
    private let countMax: Int
    private var recent: [[UInt8]: Int64] = [:]
    private var former: [[UInt8]: Int64] = [:]
    /// The last write among the former ones, and among those that are forgotten.
    private var formerUntil = Int64.min
    private var forgottenUntil = Int64.min

    init(countMax: Int) { self.countMax = countMax }

    mutating func note(_ path: [UInt8], at now: Int64) {
        if recent.count >= countMax {
            (former, recent) = (recent, [:])
            (forgottenUntil, formerUntil) = (formerUntil, now)
        }
        recent[path] = now
    }

    /// Whether there may have been a write after an instant.
    func hasOne(since instant: Int64, of key: CacheKey) -> Bool {
        if instant < forgottenUntil { return true }
        guard !recent.isEmpty else { return false }
        let path = key.path
        guard let write = recent[path] ?? former[path] else { return false }
        return instant < write
    }
}
