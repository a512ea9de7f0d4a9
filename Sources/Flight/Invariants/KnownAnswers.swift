import APIClient
import HTTPTypes
import Upstream

/// For how long an answer may be given again, by its own fields and the policy; in nanoseconds from its
/// arrival on.
struct CacheTerms: Hashable {
    /// As fresh.
    let life: Int64
    /// At all, marked as stale.
    let end: Int64

    /// Not at all.
    static let unkept = CacheTerms(life: 0, end: 0)

    private init(life: Int64, end: Int64) { (self.life, self.end) = (life, end) }

    /// What an answer says, in `Cache-Control`, `Age` and `Vary`.
    init(_ answer: Answer, _ policy: CheckedPolicy) {
        let directives = CacheDirectives(fieldValues: answer.fields[values: .cacheControl])
        let life = directives.freshness(
            status: answer.status, age: answer.fields[.age], vary: answer.fields[values: .vary],
            policy: policy.cache)
        guard let life else {
            self = .unkept
            return
        }
        let staleLife = directives.mustRevalidate ? 0 : policy.staleIfError
        self.init(life: life, end: life.addingSaturated(staleLife))
    }
}

/// When each resource was answered, for all who share a cache.
final class KnownAnswers {
    /// By resource, and by which loads may see each other's answers.
    private struct Key: Hashable {
        let resource: String
        let sharingGroup: Int

        init(_ resource: String, _ sharingGroup: Int) {
            (self.resource, self.sharingGroup) = (resource, sharingGroup)
        }

        /// By the bytes, as the client tells resources apart. What is equal by them hashes equally.
        static func == (left: Self, right: Self) -> Bool {
            left.sharingGroup == right.sharingGroup
                && left.resource.utf8.elementsEqual(right.resource.utf8)
        }
    }

    /// Whom an answer of a certain age was given to.
    enum Origin: Hashable {
        /// To such a caller; that old. With the terms of its own fields, where it has any and they are known.
        case own(age: Int64, CacheTerms? = nil)
        /// To one of the load in this place only.
        case another(Int)
        /// To nobody.
        case nowhere
    }

    private struct Known {
        /// For those who ask for the same with the same fields.
        var answeredAt = Int64.min
        /// For those who may get it from a cache: the last that could be kept, the latest first. Several
        /// clients may fetch one at a time.
        var kept = InlineArray<4, Int64>(repeating: .min)
        /// Of those of them that have any.
        var terms: [(instant: Int64, terms: CacheTerms)] = []

        mutating func keep(_ terms: CacheTerms?, at now: Int64) {
            for index in stride(from: kept.count - 1, to: 0, by: -1) {
                kept[index] = kept[index - 1]
            }
            kept[0] = now
            if !self.terms.isEmpty {
                let oldest = kept[kept.count - 1]
                self.terms.removeAll { $0.instant < oldest }
            }
            if let terms { self.terms.append((now, terms)) }
        }

        /// None where several came at that instant: nobody can tell which one was given.
        func terms(of instant: Int64) -> CacheTerms? {
            var count = 0
            for index in kept.indices where kept[index] == instant { count += 1 }
            return count > 1 ? nil : terms.first { $0.instant == instant }?.terms
        }
    }

    private var known: FadingMemory<Key, Known>

    /// - Parameter horizon: how old an answer of a cache may be, in nanoseconds. Older ones are forgotten.
    init(horizon: Int64) { known = FadingMemory(horizon: horizon) }

    /// How many are remembered.
    var count: Int { known.count }

    /// An answer came; `mayBeKept` for more than those who wait for it, so far as its terms allow.
    func answered(
        _ resource: String, _ load: CheckedLoad, mayBeKept: Bool, terms: CacheTerms? = nil,
        at now: Int64
    ) {
        let key = Key(resource, load.sharingGroup)
        var answers = known[key] ?? Known()
        answers.answeredAt = now
        let isOneRecord = load.cacheSharingGroup == load.sharingGroup
        if mayBeKept && isOneRecord { answers.keep(terms, at: now) }
        known.set(answers, for: key, at: now)
        if mayBeKept && !isOneRecord {
            let key = Key(resource, load.cacheSharingGroup)
            var kept = known[key] ?? Known()
            kept.keep(terms, at: now)
            known.set(kept, for: key, at: now)
        }
    }

    /// Where a kept answer comes from that is `age` old by the client's word; nil: it does not say. One
    /// that is older than any may be is called its own without a look: its age is found at fault.
    ///
    /// `mayBe` says whether an answer of such an age and such terms may be given. Where several may be it, one
    /// that may be given is taken for it.
    func origin(
        _ path: String, _ load: CheckedLoad, among loads: [CheckedLoad], age: Int64?, at now: Int64,
        mayBe: (Int64, CacheTerms?) -> Bool = { _, _ in true }
    ) -> Origin {
        if let age, age >= known.horizon { return .own(age: age) }
        if let answers = known[Key(load.resource(path), load.cacheSharingGroup)] {
            if let age {
                if Self.isKept(answers, now - age) {
                    return .own(age: age, answers.terms(of: now - age))
                }
            } else if answers.kept[0] > .min {
                for index in answers.kept.indices where answers.kept[index] > .min {
                    let (instant, age) = (answers.kept[index], now - answers.kept[index])
                    let terms = answers.terms(of: instant)
                    if mayBe(age, terms) { return .own(age: age, terms) }
                }
                return .own(age: now - answers.kept[0], answers.terms(of: answers.kept[0]))
            }
        }
        let other = loads.indices.first { place in
            let other = loads[place]
            guard other.cacheSharingGroup == place,
                other.cacheSharingGroup != load.cacheSharingGroup,
                let answers = known[Key(other.resource(path), place)]
            else { return false }
            return age.map { Self.isKept(answers, now - $0) } ?? (answers.kept[0] > .min)
        }
        return other.map { .another($0) } ?? .nowhere
    }

    /// Where an answer comes from that was shared by somebody who had asked already at `arrival`.
    func originShared(
        _ path: String, _ load: CheckedLoad, among loads: [CheckedLoad], since arrival: Int64
    ) -> Origin {
        func isAnswered(_ load: CheckedLoad, _ sharingGroup: Int) -> Bool {
            let key = Key(load.resource(path), sharingGroup)
            return known[key].map { $0.answeredAt >= arrival } ?? false
        }
        if isAnswered(load, load.sharingGroup) { return .own(age: 0) }
        let other = loads.indices.first {
            loads[$0].sharingGroup == $0 && $0 != load.sharingGroup && isAnswered(loads[$0], $0)
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
