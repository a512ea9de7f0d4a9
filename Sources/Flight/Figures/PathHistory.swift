/// What the upstream held for a path from one effect to the next.
final class PathVersion {
    /// When the effect came that made another version of it; nil: not yet.
    fileprivate(set) var outdatedAt: Int64?
}

/// What a read of a path shows.
final class Reading {
    /// nil until the upstream has done its work.
    fileprivate(set) var version: PathVersion?
}

/// The effects on a path and the reads of it, in the order in which the upstream does its work: later
/// than they arrive, where it has a queue.
///
/// Of what is past it keeps the present version only. An older one lives as long as somebody holds a
/// reading of it.
struct PathHistory {
    private var current: PathVersion?
    /// By their instants, then in the order of their arrivals; nil stands for an effect.
    private var pending: [(instant: Int64, reading: Reading?)] = []

    /// An effect comes at `instant`, now or later.
    mutating func write(at instant: Int64, now: Int64) { add(nil, at: instant, now: now) }

    /// A read is worked on at `instant`, now or later.
    mutating func read(at instant: Int64, now: Int64) -> Reading {
        let reading = Reading()
        add(reading, at: instant, now: now)
        return reading
    }

    private mutating func add(_ reading: Reading?, at instant: Int64, now: Int64) {
        advance(to: now)
        guard instant > now else { return apply(reading, at: instant) }
        // From the end: what comes later is mostly done later.
        let place = pending.lastIndex { $0.instant <= instant }.map { $0 + 1 } ?? 0
        pending.insert((instant, reading), at: place)
    }

    /// Lets happen what was to come by `now`.
    mutating func advance(to now: Int64) {
        guard let first = pending.first, first.instant <= now else { return }
        let count = pending.firstIndex { $0.instant > now } ?? pending.count
        for index in 0..<count { apply(pending[index].reading, at: pending[index].instant) }
        pending.removeFirst(count)
    }

    private mutating func apply(_ reading: Reading?, at instant: Int64) {
        guard let reading else {
            current?.outdatedAt = instant
            current = nil
            return
        }
        let version = current ?? PathVersion()
        current = version
        reading.version = version
    }

    /// Whether nothing is to come and nobody holds a reading of the present version.
    var isForgettable: Bool {
        mutating get {
            pending.isEmpty && (current == nil || isKnownUniquelyReferenced(&current))
        }
    }
}
