import APIClient

/// When each resource was answered, for all who share a cache.
final class KnownAnswers {
    /// By resource, and by which loads may see each other's answers.
    private struct Key: Hashable {
        let resource: String
        let twin: Int
    }

    /// Whom an answer of a certain age was given to.
    enum Origin: Hashable {
        /// To such a caller; that old.
        case own(age: Int64)
        /// To one of the load in this place only.
        case another(Int)
        /// To nobody.
        case nowhere
    }

    private struct Known {
        var answeredAt = Int64.min
        /// The last that could be kept, the latest first. Several clients may fetch one at a time.
        var kept = InlineArray<4, Int64>(repeating: .min)
    }

    private var known: FadingMemory<Key, Known>

    /// - Parameter horizon: how old an answer of a cache may be, in nanoseconds. Older ones are forgotten.
    init(horizon: Int64) { known = FadingMemory(horizon: horizon) }

    /// How many are remembered.
    var count: Int { known.count }

    /// An answer came; `mayBeKept` for more than those who wait for it.
    func answered(_ resource: String, _ load: CheckedLoad, mayBeKept: Bool, at now: Int64) {
        let key = Key(resource: resource, twin: load.twin)
        var answers = known[key] ?? Known()
        answers.answeredAt = now
        if mayBeKept {
            for index in stride(from: answers.kept.count - 1, to: 0, by: -1) {
                answers.kept[index] = answers.kept[index - 1]
            }
            answers.kept[0] = now
        }
        known.set(answers, for: key, at: now)
    }

    /// Where a kept answer comes from that is `age` old by the client's word; nil: it does not say. One
    /// that is older than any may be is called its own without a look: its age is found at fault.
    func origin(
        _ path: String, _ load: CheckedLoad, among loads: [CheckedLoad], age: Int64?, at now: Int64
    ) -> Origin {
        if let age, age >= known.horizon { return .own(age: age) }
        if let answers = known[Key(resource: load.resource(path), twin: load.twin)] {
            if let age {
                if Self.isKept(answers, now - age) { return .own(age: age) }
            } else if answers.kept[0] > .min {
                return .own(age: now - answers.kept[0])
            }
        }
        let other = loads.indices.first { place in
            let other = loads[place]
            guard other.twin == place, other.twin != load.twin,
                let answers = known[Key(resource: other.resource(path), twin: place)]
            else { return false }
            return age.map { Self.isKept(answers, now - $0) } ?? (answers.kept[0] > .min)
        }
        return other.map { .another($0) } ?? .nowhere
    }

    /// Where an answer comes from that was shared by somebody who had asked already at `arrival`.
    func originShared(
        _ path: String, _ load: CheckedLoad, among loads: [CheckedLoad], since arrival: Int64
    ) -> Origin {
        func isAnswered(_ load: CheckedLoad, _ twin: Int) -> Bool {
            let key = Key(resource: load.resource(path), twin: twin)
            return known[key].map { $0.answeredAt >= arrival } ?? false
        }
        if isAnswered(load, load.twin) { return .own(age: 0) }
        let other = loads.indices.first {
            loads[$0].twin == $0 && $0 != load.twin && isAnswered(loads[$0], $0)
        }
        return other.map { .another($0) } ?? .nowhere
    }

    private static func isKept(_ answers: Known, _ instant: Int64) -> Bool {
        // Older ones than those remembered here there may be as well: an answer may fail the client's
        // own checks, which are not known here, and leave the one before in its place.
        if let oldest = answers.kept.indices.last.map({ answers.kept[$0] }), oldest > .min,
            instant < oldest
        {
            return true
        }
        for index in answers.kept.indices where answers.kept[index] == instant { return true }
        return false
    }
}
