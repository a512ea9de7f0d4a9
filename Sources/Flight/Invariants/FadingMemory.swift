/// A dictionary that forgets, so that a long flight over ever new paths does not fill the memory: what was
/// set is there for its horizon at least, and gone when twice that has passed and others were set. Looked up
/// only; nothing walks through it.
struct FadingMemory<Key: Hashable, Value> {
    /// Nanoseconds, above 0.
    let horizon: Int64
    private var recent: [Key: Value] = [:]
    private var former: [Key: Value] = [:]
    /// When what was recent became former.
    private var turnedAt: Int64 = 0

    init(horizon: Int64) { self.horizon = max(1, horizon) }

    /// How many it holds; one that was set anew may count twice.
    var count: Int { recent.count + former.count }

    /// What was set last.
    subscript(key: Key) -> Value? { recent[key] ?? former[key] }

    /// Sets a value at an instant, which never falls from one call to the next.
    mutating func set(_ value: Value, for key: Key, at now: Int64) {
        if now - turnedAt >= horizon {
            former = recent
            recent = [:]
            turnedAt = now
        }
        recent[key] = value
    }
}
