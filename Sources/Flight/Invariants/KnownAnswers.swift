import APIClient
import HTTPTypes
import Upstream

/// How long a cache may reuse an answer, by the answer's header fields and the policy. In nanoseconds from its arrival.
struct CacheTerms: Hashable {
    /// The time for which it counts as fresh.
    let life: Int64
    /// The time for which it may be returned at all, then marked as stale.
    let end: Int64

    /// The terms of an answer that must not be cached.
    static let unkept = CacheTerms(life: 0, end: 0)

    private init(life: Int64, end: Int64) { (self.life, self.end) = (life, end) }

    /// Makes the terms that an answer's `Cache-Control`, `Age` and `Vary` set.
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

/// The instants at which each resource was answered, for all clients that share a cache.
final class KnownAnswers {
    /// A resource and the group of loads that may see each other's answers.
    private struct Key: Hashable {
        let resource: String
        let sharingGroup: Int

        init(_ resource: String, _ sharingGroup: Int) {
            (self.resource, self.sharingGroup) = (resource, sharingGroup)
        }

        /// Compared by bytes, as the client does. Equal bytes give equal hashes.
        static func == (left: Self, right: Self) -> Bool {
            left.sharingGroup == right.sharingGroup
                && left.resource.utf8.elementsEqual(right.resource.utf8)
        }
    }

    /// The receiver of the original answer with a certain age.
    enum Origin: Hashable {
        /// A request of the same group; `age` in nanoseconds. With the terms of its header fields, if known.
        case own(age: Int64, CacheTerms? = nil)
        /// Only a request of another group, given by its load index.
        case another(Int)
        /// No request.
        case nowhere
    }

    private struct Known {
        /// The last answer for requests with the same resource and header fields.
        var answeredAt = Int64.min
        /// The last cacheable answers, latest first. Several clients may each fetch one at the same time.
        var kept = InlineArray<4, Int64>(repeating: .min)
        /// The terms of those of them that have any.
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

        /// The terms of the answer at `instant`; nil: none, or several answers at that instant.
        func terms(of instant: Int64) -> CacheTerms? {
            var count = 0
            for index in kept.indices where kept[index] == instant { count += 1 }
            return count > 1 ? nil : terms.first { $0.instant == instant }?.terms
        }
    }

    private var known: FadingMemory<Key, Known>

    /// - Parameter horizon: the largest age of a cached answer, in nanoseconds. Older ones are dropped.
    init(horizon: Int64) { known = FadingMemory(horizon: horizon) }

    /// Number of remembered entries.
    var count: Int { known.count }

    /// Records an answer. `mayBeKept`: a cache may store it, as far as its terms allow.
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

    /// Finds the origin of a cached answer that is `age` ns old by the client's report; nil: not reported. An
    /// age beyond the horizon counts as its own without a lookup: the age check then fails.
    ///
    /// `mayBe` returns whether an answer of an age and terms may be returned. If several answers are possible,
    /// the first for which it is true is chosen.
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

    /// Finds the origin of an answer shared by a request that was already in flight at `arrival`.
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
        // An answer older than those remembered may also still be cached: a newer one may have failed the
        // client's own validation, which is not known here.
        if let oldest = answers.kept.indices.last.map({ answers.kept[$0] }), oldest > .min,
            instant < oldest
        {
            return true
        }
        for index in answers.kept.indices where answers.kept[index] == instant { return true }
        return false
    }
}
