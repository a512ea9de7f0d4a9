/// The state of a path at the upstream between two effects.
final class PathVersion {
    /// The instant of the effect that outdated this version, in nanoseconds; nil: it is current.
    fileprivate(set) var outdatedAt: Int64?
}

/// The version of a path that a read returns.
final class Reading {
    /// nil until the upstream has worked on the read.
    fileprivate(set) var version: PathVersion?
}

/// The effects on a path and the reads of it, in the order in which the upstream works on them. With a queue,
/// that is later than their arrival.
///
/// Only the current version is kept. An older one lives as long as a reading refers to it.
struct PathHistory {
    private var current: PathVersion?
    /// Ordered by instant, then by arrival. A nil reading is an effect.
    private var pending: [(instant: Int64, reading: Reading?)] = []

    /// Adds an effect at `instant`, which is `now` or later.
    mutating func write(at instant: Int64, now: Int64) { add(nil, at: instant, now: now) }

    /// Adds a read that the upstream works on at `instant`, which is `now` or later.
    mutating func read(at instant: Int64, now: Int64) -> Reading {
        let reading = Reading()
        add(reading, at: instant, now: now)
        return reading
    }

    private mutating func add(_ reading: Reading?, at instant: Int64, now: Int64) {
        advance(to: now)
        guard instant > now else { return apply(reading, at: instant) }
        // Searched from the end, since a later arrival is usually worked on later.
        let place = pending.lastIndex { $0.instant <= instant }.map { $0 + 1 } ?? 0
        pending.insert((instant, reading), at: place)
    }

    /// Applies everything that is due by `now`.
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

    /// Whether nothing is pending and no reading refers to the current version.
    var isForgettable: Bool {
        mutating get {
            pending.isEmpty && (current == nil || isKnownUniquelyReferenced(&current))
        }
    }
}
