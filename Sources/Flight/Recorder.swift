import APIClient
import HTTPTypes
import Trace
import Upstream

/// Selects the requests whose lines a trace keeps. The digest covers all lines in any case.
public enum TraceMode: String, Sendable, Hashable, CaseIterable {
    case full
    /// Keeps the requests that did not end in success.
    case failures
    case off
}

/// Writes a flight's events as lines. Confined to the simulation's thread.
final class Recorder {
    private let lines = Cell(LineBuffer())
    private let writer: TraceWriter
    private let mode: TraceMode
    /// Searches the written lines for secrets; nil: they cannot contain any.
    private let secrets: SecretsChecker?
    /// The separate lines of each request, indexed by request slot.
    let apart = Cell<[RequestLines]>([])
    /// Whether lines are kept per request, because only some requests are wanted.
    let keepsRequestsApart: Bool

    init(_ writer: TraceWriter, mode: TraceMode, secrets: SecretsChecker? = nil) {
        self.writer = writer
        self.mode = mode
        self.secrets = secrets
        keepsRequestsApart = mode == .failures
    }

    /// Runs `write` on the common buffer, and also on the request's own if only some requests are kept.
    @inline(__always)
    private func line(_ own: RequestLines?, _ write: (inout LineBuffer) -> Void) {
        write(&lines.value)
        if let own, mode == .failures { own.add(write) }
        if lines.value.isFull { handOver() }
    }

    func handOver() {
        secrets?.search(lines.value)
        if mode == .full { writer.write(&lines.value) } else { writer.digest(&lines.value) }
    }

    // MARK: - Events

    func request(_ own: RequestLines?, _ call: CallID, method: String, path: String, at t: Int64) {
        line(own) {
            TraceEvent.Request.write(to: &$0, .init(call, at: t), method: method, path: path)
            $0.end()
        }
    }

    func attempt(_ own: RequestLines?, _ call: CallID, _ attempt: AttemptRecord, at t: Int64) {
        line(own) {
            TraceEvent.Attempt.begin(
                &$0, .init(call, at: t), number: Int64(attempt.number),
                isProbe: attempt.isAnnouncedProbe,
                timeout: attempt.isCut ? attempt.timeout : nil)
            $0.decided(attempt.decision)
            $0.end()
        }
    }

    /// Writes an attempt of an external client. `recognizedBy` is nil for the first attempt of a request.
    func served(
        _ own: RequestLines?, _ call: CallID, _ attempt: UInt32, _ decision: Decision,
        as recognizedBy: RecognizedBy?, isUnclear: Bool, at t: Int64
    ) {
        line(own) {
            TraceEvent.Attempt.begin(&$0, .init(call, at: t), number: Int64(attempt))
            TraceEvent.Attempt.recognize(
                &$0, knownBy: recognizedBy?.rawValue, isUnclear: isUnclear)
            $0.decided(decision)
            $0.end()
        }
    }

    /// Writes that an external client disconnected before the attempt ended.
    func clientGone(_ own: RequestLines?, _ call: CallID, _ attempt: UInt32, at t: Int64) {
        line(own) {
            TraceEvent.Failure.write(
                to: &$0, .init(call, at: t), attempt: Int64(attempt),
                code: TraceEvent.Failure.Code.clientGoneName)
            $0.end()
        }
    }

    func attemptEnded(
        _ own: RequestLines?, _ call: CallID, _ attempt: UInt32, _ result: AttemptResult,
        at t: Int64
    ) {
        let identity = TraceEvent.Identity(call, at: t)
        line(own) {
            switch result {
            case .answer(let status):
                TraceEvent.Answer.write(
                    to: &$0, identity, attempt: Int64(attempt), status: Int64(status))
            case .failure(let code):
                TraceEvent.Failure.write(
                    to: &$0, identity, attempt: Int64(attempt), code: code.name)
            }
            $0.end()
        }
    }

    func wait(_ own: RequestLines?, _ call: CallID, _ wait: ClientWait, at t: Int64) {
        line(own) {
            TraceEvent.Wait.write(
                to: &$0, .init(call, at: t), reason: wait.reason.rawValue, until: wait.until,
                lower: wait.lower, upper: wait.upper)
            $0.end()
        }
    }

    func refused(
        _ own: RequestLines?, _ call: CallID, by whom: StaticString, until: Int64, at t: Int64
    ) {
        line(own) {
            TraceEvent.Refused.write(to: &$0, .init(call, at: t), refuser: whom, until: until)
            $0.end()
        }
    }

    func cancelled(_ own: RequestLines?, _ call: CallID, at t: Int64) {
        line(own) {
            TraceEvent.Cancel.write(to: &$0, .init(call, at: t))
            $0.end()
        }
    }

    func gaveUp(_ own: RequestLines?, _ call: CallID, _ reason: GiveUpReason, at t: Int64) {
        line(own) {
            TraceEvent.GiveUp.write(to: &$0, .init(call, at: t), reason: reason.rawValue)
            $0.end()
        }
    }

    func breaker(
        _ own: RequestLines?, _ call: CallID, _ transition: CircuitBreaker.Transition, at t: Int64
    ) {
        line(own) {
            // A transition is detected at the next request, so `since` may lie before `t`.
            TraceEvent.Breaker.write(
                to: &$0, .init(call, at: t), from: transition.from.rawValue,
                to: transition.to.rawValue, since: transition.at,
                failures: Int64(transition.failures), total: Int64(transition.total))
            $0.end()
        }
    }

    func cache(_ own: RequestLines?, _ call: CallID, _ event: CacheEvent, at t: Int64) {
        let identity = TraceEvent.Identity(call, at: t)
        line(own) {
            switch event {
            case .hit(let age):
                TraceEvent.Cache.write(
                    to: &$0, identity, action: TraceEvent.Cache.Action.hit.name, age: age)
            case .miss:
                TraceEvent.Cache.write(to: &$0, identity, action: TraceEvent.Cache.Action.miss.name)
            case .followed:
                TraceEvent.Cache.write(
                    to: &$0, identity, action: TraceEvent.Cache.Action.followed.name)
            case .stored(let life):
                TraceEvent.Cache.write(
                    to: &$0, identity, action: TraceEvent.Cache.Action.stored.name, life: life)
            case .staleServed(let age):
                TraceEvent.Cache.write(
                    to: &$0, identity, action: TraceEvent.Cache.Action.stale.name, age: age)
            case .invalidated:
                TraceEvent.Cache.write(
                    to: &$0, identity, action: TraceEvent.Cache.Action.invalidated.name)
            }
            $0.end()
        }
    }

    func end(_ own: RequestLines?, _ call: CallID, _ ending: RequestEnding, at t: Int64) {
        let identity = TraceEvent.Identity(call, at: t)
        line(own) {
            switch ending {
            case .answer(let status, let isValid, let source):
                TraceEvent.End.write(
                    to: &$0, identity, outcome: Self.outcome(status, isValid, source),
                    status: Int64(status))
            case .error(let code, let origin):
                TraceEvent.End.write(
                    to: &$0, identity, error: code.description, isClients: origin == .client)
            }
            $0.end()
        }
        guard let own, mode == .failures else { return }
        if !ending.isSuccess { writer.store(&own.lines) }
        own.lines.removeAll()
    }

    /// The trace's outcome word for an answer.
    static func outcome(
        _ status: Int, _ isValid: Bool, _ source: RequestEnding.Source
    ) -> StaticString {
        let outcome: TraceEvent.End.Outcome
        if !(200...299).contains(status) {
            outcome = .answered
        } else if !isValid {
            outcome = .validationError
        } else {
            switch source {
            case .upstream: outcome = .ok
            case .cache: outcome = .cached
            case .stale: outcome = .stale
            }
        }
        return outcome.name
    }
}

/// The lines of one request, held until its ending decides whether they are kept.
final class RequestLines {
    fileprivate(set) var lines = LineBuffer(capacity: 1_024)

    fileprivate func add(_ write: (inout LineBuffer) -> Void) { write(&lines) }
}

extension TraceEvent.Identity {
    @inline(__always)
    fileprivate init(_ call: CallID, at instant: Int64) {
        self.init(instant: instant, client: call.client, request: call.request)
    }
}

extension LineBuffer {
    /// Writes the upstream's decision.
    @inline(__always)
    fileprivate mutating func decided(_ decision: Decision) {
        switch decision.ending {
        case .answer(let answer):
            TraceEvent.Attempt.answer(&self, status: Int64(answer.status))
            TraceEvent.Attempt.ends(
                &self, after: decision.delay, retryAfter: answer.fields[.retryAfter])
        case .broken(let breakage, _):
            TraceEvent.Attempt.broken(&self, breakage.rawValue)
            TraceEvent.Attempt.ends(&self, after: decision.delay, retryAfter: nil)
        case .hang(let beforeRequest):
            TraceEvent.Attempt.broken(
                &self,
                beforeRequest
                    ? TraceEvent.Attempt.Breakage.handshakeHangName
                    : TraceEvent.Attempt.Breakage.hangName)
        }
        TraceEvent.Attempt.work(
            &self, drip: decision.bodyTime, queued: decision.service?.wait ?? 0,
            service: decision.service?.duration)
        TraceEvent.Attempt.reasons(
            &self, refusedBy: decision.refusal?.rawValue, faults: decision.touchedBy,
            shadowed: decision.shadowed)
    }
}
