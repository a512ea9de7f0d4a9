import APIClient
import Upstream

/// Watches a flight for what must never happen.
///
/// Everything is worked out afresh from what the upstream saw, the configuration and the clock; what
/// the client says of itself is believed only where nothing else can know it (its breaker's state).
final class InvariantChecker {
    private static let examplesMax = 5

    let policy: CheckedPolicy
    private var checked = [UInt64](repeating: 0, count: Invariant.allCases.count)
    private var violations = [UInt64](repeating: 0, count: Invariant.allCases.count)
    private var examples = [[InvariantResult.Example]](
        repeating: [], count: Invariant.allCases.count)

    init(_ policy: CheckedPolicy) { self.policy = policy }

    var results: [InvariantResult] {
        Invariant.allCases.map {
            InvariantResult(
                invariant: $0, checked: checked[$0.rawValue], violations: violations[$0.rawValue],
                examples: examples[$0.rawValue])
        }
    }

    func check(
        _ invariant: Invariant, _ holds: Bool, _ flown: FlownRequest, _ now: Int64,
        _ text: @autoclosure () -> String
    ) {
        checked[invariant.rawValue] += 1
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

    func note(_ invariant: Invariant, checked count: UInt64, violated: Bool, _ text: String) {
        checked[invariant.rawValue] += count
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
        if policy.breakerIsEnabled {
            check(
                .nothingWhileOpen, client.breakerState != .open, flown, now,
                "sent while the breaker is open")
        }
        if flown.isProbe {
            client.probesInFlight += 1
            let probes = client.probesInFlight
            check(.oneProbeAtATime, probes == 1, flown, now, "\(probes) probes under way")
        }
        if let gap = client.sends?.gap(at: now) {
            let limit = policy.sendsPerMinute
            check(
                .limiterBound, gap >= SendWindow.length, flown, now,
                "\(limit + 1) sends within \(gap) ns")
        }
        if flown.upstreamSends > 0 { checkRetry(flown, load, at: now) }
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
                "sent \(notBefore - now) ns before Retry-After allows")
        }
        if let envelope = policy.envelope(flown) {
            let gap = now - flown.endedAt
            // A limiter may hold a retry back; nothing may bring it forward.
            let isInside =
                gap >= envelope.lowerBound
                && (flown.waitedForLimiter || gap <= envelope.upperBound)
            check(
                .backoffInEnvelope, isInside, flown, now,
                "waited \(gap) ns; allowed are \(envelope.lowerBound) to \(envelope.upperBound)")
        }
        if !load.isIdempotent && !policy.retriesUnsafeMethods {
            check(
                .noDoubleEffect, flown.reachedUpstream == 0, flown, now,
                "sent again although the upstream had read it")
        }
    }

    func attemptEnded(
        _ flown: FlownRequest, _ load: CheckedLoad, _ result: AttemptResult,
        by client: ClientState, at now: Int64
    ) {
        // A probe that hung until the breaker moved on is none of those under way any more.
        if flown.isProbe && flown.breakerEpoch == client.breaker.epoch {
            client.probesInFlight -= 1
        }
        guard load.isCacheable else { return }
        client.underWay.end(flown)
        if case .answer(let status) = result {
            client.answers.answered(
                load.resource(flown.path), load, mayBeKept: [200, 203, 204].contains(status),
                at: now)
        }
    }

    // MARK: - Everything else

    func moved(_ transition: CircuitBreaker.Transition, of client: ClientState) {
        client.breakerState = transition.to
        // A probe that never ended does not block the next one.
        if transition.from == .halfOpen { client.probesInFlight = 0 }
    }

    /// The cache gave an answer as good as new; `isShared`: that of a request under way.
    func cacheAnswered(
        _ flown: FlownRequest, _ load: CheckedLoad, isShared: Bool, of client: ClientState,
        at now: Int64
    ) {
        let age = client.answers.age(
            load.resource(flown.path), load, isShared: isShared, at: now)
        check(
            .noStaleAnswer, age.map { $0 < policy.timeToLive } ?? false, flown, now,
            age.map { "an answer \($0) ns old passed for fresh" } ?? "an answer from nowhere")
    }

    func ended(_ flown: FlownRequest, at now: Int64) {
        let sendsMax = policy.sendsMax
        check(
            .sendsBounded, Int(flown.upstreamSends) <= sendsMax, flown, now,
            "\(flown.upstreamSends) sends; allowed are \(sendsMax)")
        check(
            .sendsAccounted, flown.clientSends == flown.upstreamSends, flown, now,
            "the client counted \(flown.clientSends) sends, the upstream saw \(flown.upstreamSends)"
        )
    }
}

/// The last sends, for a bound on any 60 s.
struct SendWindow {
    static let length: Int64 = 60_000_000_000
    private var instants: [Int64]
    private var next = 0

    init(limit: Int) { instants = Array(repeating: -Self.length, count: limit) }

    /// Notes a send.
    /// - Returns: how long ago the send was that must lie outside of the last 60 s.
    mutating func gap(at now: Int64) -> Int64 {
        let gap = now - instants[next]
        instants[next] = now
        next = next + 1 == instants.count ? 0 : next + 1
        return gap
    }
}
