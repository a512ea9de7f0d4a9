/// A dictionary that drops old entries, so that memory stays bounded in a long flight over ever new paths. An
/// entry stays for at least the horizon, and is gone once twice the horizon has passed and others were set. It
/// is only looked up, never iterated.
struct FadingMemory<Key: Hashable, Value> {
    /// The shortest time for which an entry is kept, in nanoseconds; above 0.
    let horizon: Int64
    private var recent: [Key: Value] = [:]
    private var former: [Key: Value] = [:]
    /// The instant at which `recent` last became `former`, in nanoseconds.
    private var turnedAt: Int64 = 0

    init(horizon: Int64) { self.horizon = max(1, horizon) }

    /// Number of entries; an entry that was set again may count twice.
    var count: Int { recent.count + former.count }

    /// The value that was last set for a key; nil: none, or dropped.
    subscript(key: Key) -> Value? { recent[key] ?? former[key] }

    /// Sets a value. `now` must not decrease from one call to the next.
    mutating func set(_ value: Value, for key: Key, at now: Int64) {
        if now - turnedAt >= horizon {
            former = recent
            recent = [:]
            turnedAt = now
        }
        recent[key] = value
    }
}
