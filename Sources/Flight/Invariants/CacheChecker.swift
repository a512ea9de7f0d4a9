import APIClient
import HTTPTypes
import Upstream

/// Checks the answers that clients take from their caches or share between callers against the upstream's answers.
///
/// Confined to the simulation's thread.
final class CacheChecker: FlightEventConsumer {
    private static let all: [Invariant] = [
        .noStaleAnswer, .fallbackInBounds, .answersNotShared, .oneUpstreamCall,
    ]

    /// How a client got an answer that it did not fetch for the request itself.
    private enum CacheAnswer {
        /// From the cache. `age`: as reported by the client, in nanoseconds; nil: not reported.
        case kept(age: Int64?)
        /// As a follower: shared from a request that was already in flight.
        case shared
        /// From the cache as with `kept`, but marked as stale.
        case fallback(age: Int64?)
    }

    /// The answers that the cache of one client may hold, and the calls that the client has in flight.
    private final class ClientCache {
        let answers: KnownAnswers
        let underWay: Cell<CallsUnderWay>

        init(_ answers: KnownAnswers, _ underWay: CallsUnderWay) {
            self.answers = answers
            self.underWay = Cell(underWay)
        }
    }

    /// What an attempt's answer allows a cache to do.
    private struct Keeping {
        /// Whether the answer may be cached: it has a cacheable status and is valid JSON. Schemas are ignored,
        /// since a client without schemas may cache an answer that does not fit one.
        var isKeepable = false
        /// The lifetimes that the answer's header fields set; nil: none of them says anything about caching.
        var terms: CacheTerms?
    }

    private struct Progress {
        /// Whether the client has reported an answer from its cache.
        var hasCacheAnswer = false
        var sends: UInt32 = 0
    }

    private let policy: CheckedPolicy
    private let ledger = InvariantLedger()
    private let loads: Roster<CheckedLoad>
    private let clients: Roster<ClientCache>
    private let progress = Cell(SlotStore(Progress()))
    private let keeping = Cell(SlotStore(Keeping()))
    private let bodies = BodyCheck()

    init(_ policy: CheckedPolicy, _ loads: [CheckedLoad], clients: UInt32, sharesCache: Bool) {
        self.policy = policy
        self.loads = Roster(loads)
        let horizon = policy.timeToLive.addingSaturated(policy.staleIfError)
        let shared = KnownAnswers(horizon: horizon)
        let underWay = CallsUnderWay(
            horizon: policy.totalTimeout.addingSaturated(policy.requestTimeout))
        self.clients = Roster(
            (0..<clients).map { _ in
                ClientCache(sharesCache ? shared : KnownAnswers(horizon: horizon), underWay)
            })
    }

    @inline(__always) func consume(
        _ event: FlightEvent, of request: RequestRecord, at now: Int64
    ) {
        switch event {
        case .arrived: progress.value.begin(request.slot)
        case .cache(let event): cached(event, request, at: now)
        case .attemptDecided(let attempt):
            progress.value[request.slot].sends += 1
            look(request) { if $0.isCacheable { sent(attempt, of: request, $0, at: now) } }
        case .attemptEnded(let attempt, let result):
            look(request) {
                if $0.isCacheable || $0.isWrite {
                    ended(attempt, result, of: request, $0, at: now)
                }
            }
        case .ended(let ending):
            look(request) { ended(request, ending, $0, at: now) }
        default: break
        }
    }

    var invariants: [InvariantResult] { ledger.results(Self.all) }

    @inline(__always) private func look(
        _ request: RequestRecord, _ body: (CheckedLoad) -> Void
    ) { loads.look(at: request.load, body) }

    private func cache<Result>(
        of request: RequestRecord, _ body: (ClientCache) -> Result
    ) -> Result { clients.look(at: Int(request.call.client), body) }

    // MARK: - Attempts

    private func sent(
        _ attempt: AttemptRecord, of request: RequestRecord, _ load: CheckedLoad, at now: Int64
    ) {
        keeping.value.begin(attempt.slot)
        let others = cache(of: request) { $0.underWay.value.begin(attempt, of: request, load) }
        if let others {
            ledger.check(
                .oneUpstreamCall, others == 0, request.call.request, now,
                "\(others) upstream calls for the same resource under way already")
        }
        guard case .answer(let answer) = attempt.decision.ending else { return }
        let isKeepable = [200, 203, 204].contains(answer.status) && bodies.isJSON(answer.body)
        var terms: CacheTerms?
        if answer.fields[.cacheControl] != nil || answer.fields[.vary] != nil {
            terms = CacheTerms(answer, policy)
            cache(of: request) { $0.underWay.value.exempt(request.path, at: now) }
        }
        keeping.value[attempt.slot] = Keeping(isKeepable: isKeepable, terms: terms)
    }

    private func ended(
        _ attempt: AttemptRecord, _ result: AttemptResult, of request: RequestRecord,
        _ load: CheckedLoad, at now: Int64
    ) {
        cache(of: request) { cache in
            if load.isCacheable {
                cache.underWay.value.end(attempt, of: request)
                if case .answer = result {
                    let keeping = keeping.value[attempt.slot]
                    cache.answers.answered(
                        load.resource(request.path), load, mayBeKept: keeping.isKeepable,
                        terms: keeping.terms, at: now)
                }
            }
            // The write may have taken effect, so later requests need not join calls that were in flight before.
            if load.isWrite { cache.underWay.value.outdated(request.path, at: now) }
        }
    }

    private func ended(
        _ request: RequestRecord, _ ending: RequestEnding, _ load: CheckedLoad, at now: Int64
    ) {
        if case .answer(_, _, let source) = ending, !progress.value[request.slot].hasCacheAnswer,
            source != .upstream || progress.value[request.slot].sends == 0
        {
            // The client has a cache but does not report it.
            check(
                source == .stale ? .fallback(age: nil) : .kept(age: nil), request, load, at: now)
        }
        if load.isWrite {
            cache(of: request) { $0.underWay.value.outdated(request.path, at: now) }
        }
    }

    // MARK: - Answers of the cache

    private func cached(_ event: CacheEvent, _ request: RequestRecord, at now: Int64) {
        let answer: CacheAnswer
        switch event {
        case .hit(let age): answer = .kept(age: age)
        case .followed: answer = .shared
        case .staleServed(let age): answer = .fallback(age: age)
        case .miss, .stored, .invalidated: return
        }
        progress.value[request.slot].hasCacheAnswer = true
        look(request) { check(answer, request, $0, at: now) }
    }

    private func check(
        _ answer: CacheAnswer, _ request: RequestRecord, _ load: CheckedLoad, at now: Int64
    ) {
        let number = request.call.request
        let origin = origin(answer, request, load, at: now)
        ledger.check(
            .answersNotShared, origin.isOwn, number, now,
            origin == .nowhere
                // Also an answer older than any that may be kept, if the client reports no age.
                ? "an answer from nowhere" : "an answer that was given to another caller")
        guard case .own(let age, let terms) = origin else { return }
        let limit = limit(answer, terms)
        let rule = terms == nil ? "the policy allows" : "its own fields allow"
        if case .fallback = answer {
            ledger.check(
                .fallbackInBounds, age < limit, number, now,
                "a fallback \(age) ns old; \(rule) \(limit)")
        } else {
            ledger.check(
                .noStaleAnswer, age < limit, number, now,
                "an answer \(age) ns old passed for fresh; \(rule) \(limit)")
        }
    }

    /// The age limit of an answer with these terms, in nanoseconds.
    private func limit(_ answer: CacheAnswer, _ terms: CacheTerms?) -> Int64 {
        if case .fallback = answer {
            return terms?.end ?? policy.timeToLive.addingSaturated(policy.staleIfError)
        }
        return terms?.life ?? policy.timeToLive
    }

    private func origin(
        _ answer: CacheAnswer, _ request: RequestRecord, _ load: CheckedLoad, at now: Int64
    ) -> KnownAnswers.Origin {
        cache(of: request) { cache in
            switch answer {
            case .kept(let age), .fallback(let age):
                cache.answers.origin(
                    request.path, load, among: loads.members, age: age, at: now,
                    mayBe: { age, terms in age < limit(answer, terms) })
            case .shared:
                cache.answers.originShared(
                    request.path, load, among: loads.members, since: request.arrival)
            }
        }
    }
}

extension KnownAnswers.Origin {
    fileprivate var isOwn: Bool { if case .own = self { true } else { false } }
}
