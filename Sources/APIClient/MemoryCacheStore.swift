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
        var paths: [[UInt8]: [[UInt8]: [Kept]]] = [:]
        /// In the order of coming in; dictionaries have no order that is the same twice.
        var ages: [(serial: UInt64, key: CacheKey)] = []
        var firstAge = 0
        var count = 0
        var serial: UInt64 = 0
    }

    private let entriesMax: Int
    private let state = Mutex(State())

    /// - Parameter entriesMax: at least 1.
    public init(entriesMax: Int) {
        precondition(entriesMax >= 1, "a cache holds at least one entry")
        self.entriesMax = entriesMax
    }

    /// The latest entry that matches.
    public func entry(
        for key: CacheKey, matching fields: HTTPFields, at now: Int64
    ) async throws -> CacheEntry? {
        state.withLock { state in
            guard let kept = state.paths[key.path]?[key.variant] else { return nil }
            // Several match where the upstream has changed what it varies by: the latest counts.
            return kept.filter { now < $0.entry.staleUntil && $0.entry.matches(fields) }
                .max { $0.serial < $1.serial }?.entry
        }
    }

    /// Keeps an entry, and gives up the oldest where there are too many.
    public func keep(_ entry: CacheEntry, for key: CacheKey) async throws {
        state.withLock { state in
            state.serial += 1
            let kept = Kept(entry: entry, serial: state.serial)
            var variants = state.paths[key.path]?[key.variant] ?? []
            if let index = variants.firstIndex(where: { $0.entry.varied == entry.varied }) {
                variants[index] = kept
            } else {
                variants.append(kept)
                state.count += 1
            }
            state.paths[key.path, default: [:]][key.variant] = variants
            state.ages.append((state.serial, key))
            while state.count > entriesMax { Self.dropOldest(&state) }
            Self.trimNotes(&state)
        }
    }

    /// Drops all entries of a path.
    public func invalidate(path: [UInt8]) async throws -> Bool {
        state.withLock { state in
            guard let dropped = state.paths.removeValue(forKey: path) else { return false }
            state.count -= dropped.values.reduce(0) { $0 + $1.count }
            return true
        }
    }

    private static func dropOldest(_ state: inout State) {
        let (serial, key) = state.ages[state.firstAge]
        state.firstAge += 1
        guard var variants = state.paths[key.path]?[key.variant],
            let index = variants.firstIndex(where: { $0.serial == serial })
        else { return }
        variants.remove(at: index)
        state.count -= 1
        state.paths[key.path]?[key.variant] = variants.isEmpty ? nil : variants
        if state.paths[key.path]?.isEmpty == true { state.paths[key.path] = nil }
    }

    /// Notes of entries that were replaced or invalidated must not pile up.
    private static func trimNotes(_ state: inout State) {
        if state.firstAge > 1024, state.firstAge > state.ages.count / 2 {
            state.ages.removeFirst(state.firstAge)
            state.firstAge = 0
        }
        guard state.ages.count - state.firstAge > 2 * state.count + 1024 else { return }
        let paths = state.paths
        state.ages = state.ages[state.firstAge...].filter { note in
            paths[note.key.path]?[note.key.variant]?.contains { $0.serial == note.serial } ?? false
        }
        state.firstAge = 0
    }
}
