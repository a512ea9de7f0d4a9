public import HTTPTypes
import Synchronization

/// A cache store in memory, for one client. When it is full, the oldest entry is dropped.
public final class MemoryCacheStore: CacheStore {
    private struct Kept {
        var entry: CacheEntry
        /// The number of the entry's insertion. A record in `ages` with an older number is out of
        /// date.
        var serial: UInt64
    }

    private struct State {
        var entries: [CacheKey: [Kept]] = [:]
        /// The keys of each path. The set is unordered; it is iterated only to drop all of its
        /// entries.
        var paths: [[UInt8]: Set<CacheKey>] = [:]
        /// The insertions in order. Dictionaries have no reproducible order.
        var ages: [(serial: UInt64, key: CacheKey)] = []
        var firstAge = 0
        var count = 0
        var writes: WriteNotes
        var serial: UInt64 = 0
    }

    private let entriesMax: Int
    private let state: Mutex<State>

    /// Makes an empty store.
    /// - Parameter entriesMax: the largest number of entries, at least 1.
    public init(entriesMax: Int) {
        precondition(entriesMax >= 1, "a cache holds at least one entry")
        self.entriesMax = entriesMax
        state = Mutex(State(writes: WriteNotes(countMax: entriesMax)))
    }

    /// The latest entry that matches the key and the fields, unless it is past its `staleUntil`.
    public func entry(
        for key: CacheKey, matching fields: HTTPFields, at now: Int64
    ) async throws -> CacheEntry? { entryNow(for: key, matching: fields, at: now) }

    /// The same as ``entry(for:matching:at:)`` without suspending.
    func entryNow(for key: CacheKey, matching fields: HTTPFields, at now: Int64) -> CacheEntry? {
        state.withLock { state in
            guard let kept = state.entries[key] else { return nil }
            // Several entries match if the upstream has changed its `Vary`. The latest counts; an
            // older one must not reappear when the latest has expired.
            let latest = kept.filter { $0.entry.matches(fields) }.max { $0.serial < $1.serial }
            guard let entry = latest?.entry, now < entry.staleUntil else { return nil }
            return entry
        }
    }

    /// Stores an entry, and drops the oldest entries beyond the limit.
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

    /// Drops all entries of a path and records the write.
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

    /// Removes the records of entries that were replaced or invalidated, so that they do not
    /// accumulate.
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

/// The latest write to each path, for at least as many paths as there can be entries.
///
/// For older writes only the latest instant is known; an answer requested before it counts as
/// outdated.
struct WriteNotes {
    private let countMax: Int
    private var recent: [[UInt8]: Int64] = [:]
    private var former: [[UInt8]: Int64] = [:]
    /// The latest write among `former`, and among those that are forgotten.
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
