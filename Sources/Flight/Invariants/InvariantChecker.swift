import APIClient
import Upstream

/// Watches a flight for what must never happen.
///
/// Everything is worked out afresh from what the upstream saw, the configuration and the clock; what
/// the client says of itself is believed only where nothing else can know it (its breaker's state).
final class InvariantChecker {
    private static let examplesMax = 5

    let policy: CheckedPolicy
    private let loads: [CheckedLoad]
    private var spread = JitterSpread()
    private let checked = Cell([UInt64](repeating: 0, count: Invariant.allCases.count))
    private var violations = [UInt64](repeating: 0, count: Invariant.allCases.count)
    private var unclear = [UInt64](repeating: 0, count: Invariant.allCases.count)
    private var examples = [[InvariantResult.Example]](
        repeating: [], count: Invariant.allCases.count)

    init(_ policy: CheckedPolicy, _ loads: [CheckedLoad] = []) {
        self.policy = policy
        self.loads = loads
    }

    var results: [InvariantResult] {
        Invariant.allCases.map {
            InvariantResult(
                invariant: $0, checked: checked.value[$0.rawValue],
                violations: violations[$0.rawValue], unclear: unclear[$0.rawValue],
                examples: examples[$0.rawValue])
        }
    }

    func check(
        _ invariant: Invariant, _ holds: Bool, _ flown: FlownRequest, _ now: Int64,
        _ text: @autoclosure () -> String
    ) {
        checked.value[invariant.rawValue] += 1
        if !holds { violate(invariant, flown, now, text()) }
    }

    private func violate(
        _ invariant: Invariant, _ flown: FlownRequest, _ now: Int64, _ text: String
    ) {
        violations[invariant.rawValue] += 1
        guard examples[invariant.rawValue].count < Self.examplesMax else { return }
        examples[invariant.rawValue].append(
            InvariantResult.Example(request: flown.call.request, instant: now, text: text))
    }

    /// Something does not hold by one reading of what was seen, and by another it does.
    func noteUnclear(_ invariant: Invariant) { unclear[invariant.rawValue] += 1 }

    func note(_ invariant: Invariant, checked count: UInt64) {
        checked.value[invariant.rawValue] += count
    }

    func note(_ invariant: Invariant, checked count: UInt64, violated: Bool, _ text: String) {
        checked.value[invariant.rawValue] += count
        if violated { violate(invariant, FlownRequest(), 0, text) }
    }

    // MARK: - Sends

    /// A send reaches the upstream. `flown` is as it was before.
    func sent(_ flown: FlownRequest, _ load: CheckedLoad, by client: ClientState, at now: Int64) {
        let deadline = flown.arrival + policy.totalTimeout
        check(
            .nothingAfterDeadline, now < deadline, flown, now,
            "sent \(now - deadline) ns after the deadline")
        if flown.cancelAt < .max {
            check(
                .nothingAfterCancel, !flown.isCancelled, flown, now,
                "sent \(now - flown.cancelAt) ns after its caller had given up")
        }
        if policy.breakerIsEnabled { checkBreaker(flown, of: client, at: now) }
        if let gap = client.sends?.gap(at: now) {
            let limit = policy.sendsPerMinute
            check(
                .limiterBound, gap >= SendWindow.length, flown, now,
                "\(limit + 1) sends within \(gap) ns")
        }
        if flown.upstreamSends > 0 { checkRetry(flown, load, at: now) }
        if flown.isBackingOff { backoffEnds(flown, at: now) }
        if load.isCacheable {
            if let others = client.underWay.begin(flown, load) {
                check(
                    .oneUpstreamCall, others == 0, flown, now,
                    "\(others) upstream calls for the same resource under way already")
            }
        }
    }

    private func checkRetry(_ flown: FlownRequest, _ load: CheckedLoad, at now: Int64) {
        if let notBefore = flown.notBefore {
            check(
                .retryAfterRespected, now >= notBefore, flown, now,
                Self.tooEarly(waited: now - flown.endedAt, of: notBefore - flown.endedAt))
        }
        // A send that the client knows nothing of comes after no wait of its; one that follows a success
        // is no retry, but the next thing that it does.
        if !flown.isSending, flown.truth != .success, let envelope = policy.envelope(flown) {
            let gap = now - flown.endedAt
            // A limiter may hold a retry back; nothing may bring it forward.
            let isInside =
                gap >= envelope.lowerBound
                && (flown.waitedForLimiter || gap <= envelope.upperBound)
            check(
                .backoffInEnvelope, isInside, flown, now,
                "waited \(gap) ns; allowed are \(envelope.lowerBound) to \(envelope.upperBound)")
        }
        if let count = policy.countAfterAnswer(flown) {
            check(.sendsBounded, count.isAllowed, flown, now, count.text)
        }
        check(
            .noRetryOfFinal, !flown.isFinal, flown, now,
            "sent again after an answer that leaves nothing to try again")
        if !load.isIdempotent && !policy.retriesUnsafeMethods {
            check(
                .noDoubleEffect, flown.reachedUpstream == 0, flown, now,
                "sent again although the upstream had read it")
        }
    }

    private static func tooEarly(waited: Int64, of asked: Int64) -> String {
        let text =
            "sent \(asked - waited) ns before Retry-After allows, which asked for \(asked) ns"
        // Jitter on top may double it, and some of it may have passed on the way.
        let isThousandth = waited > 0 && (asked / 4_000...asked / 250).contains(waited)
        return isThousandth ? text + "; seconds taken for milliseconds?" : text
    }

    /// The first thing that a request does after a wait of its own. A wait for a limiter, or a refusal,
    /// comes after it, and must not hide how long it was.
    func backoffEnds(_ flown: FlownRequest, at now: Int64) {
        flown.isBackingOff = false
        guard let envelope = policy.spread(flown) else { return }
        spread.add(now - flown.endedAt, in: envelope, of: flown, at: now)
    }

    /// How long the attempt may take that is being sent.
    func checkTimeLimit(_ timeout: Int64, _ flown: FlownRequest, at now: Int64) {
        let limit = min(policy.requestTimeout, flown.arrival + policy.totalTimeout - now)
        check(
            .timeLimitInBounds, timeout <= limit, flown, now,
            "waits \(timeout) ns for an answer; the policy allows \(limit)")
    }

    func attemptEnded(
        _ flown: FlownRequest, _ load: CheckedLoad, _ result: AttemptResult,
        by client: ClientState, at now: Int64
    ) {
        if flown.isProbe {
            // A probe that hung until the breaker moved on is none of those under way any more.
            if flown.breakerEpoch == client.breaker.epoch { client.watch.probesInFlight -= 1 }
            client.watch.probeEnds(flown, at: now)
        }
        guard load.isCacheable else { return }
        client.underWay.end(flown)
        if case .answer = result {
            client.answers.answered(
                load.resource(flown.path), load, mayBeKept: flown.isKeepable, terms: flown.terms,
                at: now)
        }
    }

    // MARK: - Everything else

    /// How a client came to an answer that it did not fetch.
    enum CacheAnswer {
        /// It was kept; so old by the client's word, if it gives one.
        case kept(age: Int64?)
        /// It came to a request that was under way.
        case shared
        /// As the first, but marked as stale.
        case fallback(age: Int64?)
    }

    func cacheAnswered(
        _ flown: FlownRequest, _ load: CheckedLoad, _ answer: CacheAnswer, of client: ClientState,
        at now: Int64
    ) {
        let loads = loads.isEmpty ? [load] : loads
        let isFallback = if case .fallback = answer { true } else { false }
        func limit(_ terms: CacheTerms?) -> Int64 {
            isFallback
                ? terms?.end ?? policy.timeToLive.addingSaturated(policy.staleIfError)
                : terms?.life ?? policy.timeToLive
        }
        let origin: KnownAnswers.Origin =
            switch answer {
            case .kept(let age), .fallback(let age):
                client.answers.origin(
                    flown.path, load, among: loads, age: age, at: now,
                    mayBe: { age, terms in age < limit(terms) })
            case .shared:
                client.answers.originShared(flown.path, load, among: loads, since: flown.arrival)
            }
        switch origin {
        case .another:
            check(
                .answersNotShared, false, flown, now, "an answer that was given to another caller")
        case .nowhere:
            // From longer ago than any may be kept is nowhere, too, where the client tells no age.
            check(.answersNotShared, false, flown, now, "an answer from nowhere")
        case .own(let age, let terms):
            check(.answersNotShared, true, flown, now, "")
            let limit = limit(terms)
            let words =
                isFallback ? "a fallback \(age) ns old" : "an answer \(age) ns old passed for fresh"
            let rule = terms == nil ? "the policy allows" : "its own fields allow"
            check(
                isFallback ? .fallbackInBounds : .noStaleAnswer, age < limit, flown, now,
                "\(words); \(rule) \(limit)")
        }
    }

    func ended(_ flown: FlownRequest, of client: ClientState, at now: Int64) {
        client.watch.probeEnds(flown, at: now)
        let sendsMax = policy.sendsMax(flown)
        check(
            .sendsBounded, Int(flown.upstreamSends) <= sendsMax, flown, now,
            "\(flown.upstreamSends) sends; allowed are \(sendsMax)")
        check(
            .sendsAccounted, flown.clientSends == flown.upstreamSends, flown, now,
            "the client counted \(flown.clientSends) sends, the upstream saw \(flown.upstreamSends)"
        )
    }
}

extension InvariantChecker {
    /// Looks at what only all waits together can tell.
    func checkSpread() {
        let flaw = spread.flaw()
        let flown = FlownRequest()
        flown.call = CallID(request: flaw?.request ?? 0)
        guard spread.count >= JitterSpread.countMin else { return }
        note(.backoffVaries, checked: spread.count - 1)
        check(.backoffVaries, flaw == nil, flown, flaw?.instant ?? 0, flaw?.text ?? "")
    }
}

/// The last sends, for a bound on any 60 s.
final class SendWindow {
    static let length: Int64 = 60_000_000_000
    private let instants = Cell<[Int64]>([])
    private let limit: Int
    private var next = 0

    init(limit: Int) { self.limit = limit }

    /// Notes a send.
    /// - Returns: how long ago the send was that must lie outside of the last 60 s.
    func gap(at now: Int64) -> Int64 {
        guard instants.value.count == limit else {
            instants.value.append(now)
            return .max
        }
        let gap = now - instants.value[next]
        instants.value[next] = now
        next = next + 1 == limit ? 0 : next + 1
        return gap
    }
}
