import ScenarioFile
import Trace
import Upstream

/// Describes the events of a trace in words.
struct EventWords {
    /// Gives the descriptions of faults; nil: the scenario cannot be read, and faults are only numbered.
    private let scenario: Scenario?

    /// - Parameter header: the header of the trace; nil: it cannot be read.
    init(_ header: TraceHeader?) {
        scenario = header.flatMap {
            try? Scenario.decode(Array($0.scenario.utf8), file: "header")
        }
    }

    /// A sentence for an event, without its full stop. Text from the trace is not sanitized; see
    /// ``Wording/printable(_:keepsLines:)``.
    func sentence(_ event: TraceEvent) -> String {
        let instant = event.identity.instant
        switch event.content {
        case .request(let request):
            let client = event.identity.client
            return "\(request.method) \(request.path) arrives at "
                + "\(Wording.fixed(Double(instant) / 1e9, 6)) s"
                + (client > 0 ? ", at client \(client)" : "")
        case .attempt(let attempt): return sentence(attempt)
        case .answer(let answer):
            return "attempt \(answer.attempt) is answered: \(answer.status)"
        case .failure(let failure):
            return failure.code.known == .clientGone
                ? "attempt \(failure.attempt) ends: the client goes away"
                : "attempt \(failure.attempt) fails: \(failure.code)"
        case .wait(let wait): return sentence(wait, at: instant)
        case .refused(let refused): return sentence(refused, at: instant)
        case .cancel: return "its caller gives up"
        case .giveUp(let giveUp): return "gives up: " + Self.reason(giveUp.reason)
        case .breaker(let change):
            return "the breaker goes from \(change.from) to \(change.to) "
                + "(\(change.failures) failures of \(change.total))"
        case .cache(let cache): return sentence(cache)
        case .end(let end): return sentence(end)
        case .unknown(let kind): return kind
        }
    }

    // MARK: - Inside the client

    private func sentence(_ wait: TraceEvent.Wait, at instant: Int64) -> String {
        let length = Wording.duration(Self.span(instant, wait.until))
        if wait.reason.known == .leader {
            return "waits for the answer to another request, at most " + length
        }
        return "waits \(length) (\(wait.reason)); allowed "
            + Wording.duration(max(0, Self.span(instant, wait.lower))) + " to "
            + Wording.duration(Self.span(instant, wait.upper))
    }

    private func sentence(_ refused: TraceEvent.Refused, at instant: Int64) -> String {
        let wait = Wording.duration(max(0, Self.span(instant, refused.until)))
        return refused.refuser.known == .limiter
            ? "the client's own limit allows no send for \(wait), which is past the deadline"
            : "the breaker refuses; a probe is possible in \(wait)"
    }

    private static func reason(_ word: TraceWord<TraceEvent.GiveUp.Reason>) -> String {
        switch word.known {
        case .retriesExhausted: "no retries are left"
        case .rateLimitRetriesExhausted: "no retries after a 429 are left"
        case .notRetryable: "it must not be sent again"
        case .deadline: "the wait before the next attempt would not end before the deadline"
        case nil: word.text
        }
    }

    private func sentence(_ cache: TraceEvent.Cache) -> String {
        let age = cache.age.map { ", \(Wording.duration($0)) old" } ?? ""
        switch cache.action.known {
        case .hit: return "the cache has a fresh answer\(age)"
        case .stale: return "the cache gives a stale answer instead\(age)"
        case .miss: return "the cache has no fresh answer"
        case .followed: return "shares the answer of a request that was under way"
        case .stored:
            return "the answer is kept for " + (cache.life.map { Wording.duration($0) } ?? "")
        case .invalidated: return "what the cache has of this path is dropped"
        case nil: return "the cache: \(cache.action)"
        }
    }

    private func sentence(_ end: TraceEvent.End) -> String {
        var text = "ends: \(end.outcome)"
        if let status = end.status { text += ", status \(status)" }
        // The trace names the client as the origin of a cancellation, but the caller has caused it.
        if end.decider?.known == .client, end.outcome.known != .cancelled {
            text += ", by the client's own decision"
        }
        return text
    }

    // MARK: - The upstream's decision

    private func sentence(_ attempt: TraceEvent.Attempt) -> String {
        var text = "attempt \(attempt.number) is sent"
        if attempt.isProbe { text += " as the breaker's probe" }
        if let by = attempt.knownBy { text += ", known by its \(Self.name(by))" }
        if attempt.isUnclear { text += ", if it is not another request's" }
        if let timeout = attempt.timeout {
            text += ", cut to \(Wording.duration(timeout)) by the deadline"
        }
        text += "; the upstream decides: "
        switch attempt.ending {
        case .answer(let status): text += "\(status)"
        case .broken(let breakage): text += breakage.text
        }
        text += attempt.delay.map { " after " + Wording.duration($0) } ?? ""
        text += work(attempt)
        if let retryAfter = attempt.retryAfter { text += ", Retry-After: \(retryAfter)" }
        let faults = attempt.faults.map { fault($0) }
        if !faults.isEmpty { text += "; because of " + faults.joined(separator: " and ") }
        let shadowed = attempt.shadowed.map { fault($0) }
        if !shadowed.isEmpty { text += "; in its shadow " + shadowed.joined(separator: " and ") }
        return text
    }

    private static func name(_ word: TraceWord<TraceEvent.Attempt.Recognition>) -> String {
        switch word.known {
        case .idempotencyKey: "Idempotency-Key"
        case .requestID: "X-Request-Id"
        case .traceparent: "traceparent"
        case .content: "method, path and body"
        case nil: word.text
        }
    }

    /// The refusal of the attempt, or else the parts of its delay: queue, service and slow body.
    private func work(_ attempt: TraceEvent.Attempt) -> String {
        switch attempt.refusedBy?.known {
        case .quota: return " by the quota"
        case .capacity: return ", since the queue is full"
        case nil: break
        }
        var parts: [String] = []
        if let wait = attempt.queued {
            parts.append("waits \(Wording.duration(wait)) for a server")
        }
        if let service = attempt.service {
            parts.append("is worked on for \(Wording.duration(service))")
        }
        if let drip = attempt.drip {
            parts.append("its body trickles for \(Wording.duration(drip))")
        }
        return parts.isEmpty ? "" : " (" + parts.joined(separator: ", ") + ")"
    }

    private func fault(_ index: Int) -> String {
        guard let faults = scenario?.upstream.faults, faults.indices.contains(index) else {
            return "fault \(index &+ 1)"
        }
        let fault = faults[index]
        var text = "fault \(index + 1) (\(fault.effect.name)"
        if fault.schedule != .always {
            text += " at \(Wording.duration(fault.schedule.start))"
            if let duration = fault.schedule.duration {
                text += " for \(Wording.duration(duration))"
            }
        }
        return text + ")"
    }

    /// The time between two instants, saturated: a trace is input and may contain any numbers.
    static func span(_ start: Int64, _ end: Int64) -> Int64 {
        let (span, isTooLarge) = end.subtractingReportingOverflow(start)
        return isTooLarge ? (end < start ? .min : .max) : span
    }
}
