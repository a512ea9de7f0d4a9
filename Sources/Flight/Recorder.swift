import APIClient
import HTTPTypes
import Trace
import Upstream

/// Which requests' lines a trace keeps. The digest is of the full stream in any case.
public enum TraceMode: String, Sendable, Hashable, CaseIterable {
    case full
    /// Those that did not end in a success.
    case failures
    case off
}

/// Writes a flight's events as lines. Confined to the simulation's thread.
final class Recorder {
    private let lines = Cell(LineBuffer())
    private let writer: TraceWriter
    private let mode: TraceMode
    /// Searches what is written; nil: nothing that is written could hold a secret.
    private let secrets: SecretsChecker?
    /// By the slots of requests, the lines of each that are kept apart.
    let apart = Cell<[RequestLines]>([])
    /// Whether only some requests' lines are kept.
    let keepsRequestsApart: Bool

    init(_ writer: TraceWriter, mode: TraceMode, secrets: SecretsChecker? = nil) {
        self.writer = writer
        self.mode = mode
        self.secrets = secrets
        keepsRequestsApart = mode == .failures
    }

    /// Runs `write` on the buffer, and on the request's own where only some are kept.
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
            $0.begin(t, call, "request")
            $0.field("m", method)
            $0.field("p", path)
            $0.end()
        }
    }

    func attempt(_ own: RequestLines?, _ call: CallID, _ attempt: AttemptRecord, at t: Int64) {
        line(own) {
            $0.begin(t, call, "attempt")
            $0.field("a", Int64(attempt.number))
            if attempt.isAnnouncedProbe { $0.field("probe", true) }
            if attempt.isCut { $0.field("timeout", attempt.timeout) }
            $0.decided(attempt.decision)
            $0.end()
        }
    }

    /// An attempt of somebody else's client; `recognizedBy` is nil for a request's first.
    func served(
        _ own: RequestLines?, _ call: CallID, _ attempt: UInt32, _ decision: Decision,
        as recognizedBy: RecognizedBy?, isUnclear: Bool, at t: Int64
    ) {
        line(own) {
            $0.begin(t, call, "attempt")
            $0.field("a", Int64(attempt))
            if let recognizedBy { $0.field("known_by", recognizedBy.rawValue) }
            if isUnclear { $0.field("unclear", true) }
            $0.decided(decision)
            $0.end()
        }
    }

    /// Somebody else's client went away before an attempt's end.
    func clientGone(_ own: RequestLines?, _ call: CallID, _ attempt: UInt32, at t: Int64) {
        line(own) {
            $0.begin(t, call, "failure")
            $0.field("a", Int64(attempt))
            $0.field("k", "client_gone" as StaticString)
            $0.end()
        }
    }

    func attemptEnded(
        _ own: RequestLines?, _ call: CallID, _ attempt: UInt32, _ result: AttemptResult,
        at t: Int64
    ) {
        line(own) {
            switch result {
            case .answer(let status):
                $0.begin(t, call, "answer")
                $0.field("a", Int64(attempt))
                $0.field("s", status)
            case .failure(let code):
                $0.begin(t, call, "failure")
                $0.field("a", Int64(attempt))
                $0.field("k", code.name)
            }
            $0.end()
        }
    }

    func wait(_ own: RequestLines?, _ call: CallID, _ wait: ClientWait, at t: Int64) {
        line(own) {
            $0.begin(t, call, "wait")
            $0.field("why", wait.reason.rawValue)
            $0.field("until", wait.until)
            $0.field("lower", wait.lower)
            $0.field("upper", wait.upper)
            $0.end()
        }
    }

    func refused(
        _ own: RequestLines?, _ call: CallID, by whom: StaticString, until: Int64, at t: Int64
    ) {
        line(own) {
            $0.begin(t, call, "refused")
            $0.field("by", whom)
            $0.field("until", until)
            $0.end()
        }
    }

    func cancelled(_ own: RequestLines?, _ call: CallID, at t: Int64) {
        line(own) {
            $0.begin(t, call, "cancel")
            $0.end()
        }
    }

    func gaveUp(_ own: RequestLines?, _ call: CallID, _ reason: GiveUpReason, at t: Int64) {
        line(own) {
            $0.begin(t, call, "give_up")
            $0.field("why", reason.rawValue)
            $0.end()
        }
    }

    func breaker(
        _ own: RequestLines?, _ call: CallID, _ transition: CircuitBreaker.Transition, at t: Int64
    ) {
        line(own) {
            $0.begin(t, call, "breaker")
            $0.field("from", transition.from.rawValue)
            $0.field("to", transition.to.rawValue)
            // A transition is noticed when somebody asks; it may be dated back.
            $0.field("since", transition.at)
            $0.field("failures", transition.failures)
            $0.field("total", transition.total)
            $0.end()
        }
    }

    func cache(_ own: RequestLines?, _ call: CallID, _ event: CacheEvent, at t: Int64) {
        line(own) {
            $0.begin(t, call, "cache")
            switch event {
            case .hit(let age):
                $0.field("k", "hit" as StaticString)
                $0.field("age", age)
            case .miss: $0.field("k", "miss" as StaticString)
            case .followed: $0.field("k", "followed" as StaticString)
            case .stored(let life):
                $0.field("k", "stored" as StaticString)
                $0.field("life", life)
            case .staleServed(let age):
                $0.field("k", "stale" as StaticString)
                $0.field("age", age)
            case .invalidated: $0.field("k", "invalidated" as StaticString)
            }
            $0.end()
        }
    }

    func end(_ own: RequestLines?, _ call: CallID, _ ending: RequestEnding, at t: Int64) {
        line(own) {
            $0.begin(t, call, "end")
            switch ending {
            case .answer(let status, let isValid, let source):
                $0.field("o", Self.outcome(status, isValid, source))
                if status != 200 { $0.field("s", status) }
            case .error(let code, let origin):
                $0.field("o", code.description)
                if origin == .client { $0.field("by", "client" as StaticString) }
            }
            $0.end()
        }
        guard let own, mode == .failures else { return }
        if !ending.isSuccess { writer.store(&own.lines) }
        own.lines.removeAll()
    }

    /// The word for an answer.
    static func outcome(
        _ status: Int, _ isValid: Bool, _ source: RequestEnding.Source
    ) -> StaticString {
        guard (200...299).contains(status) else { return "answered" }
        guard isValid else { return "VALIDATION_ERROR" }
        return switch source {
        case .upstream: "ok"
        case .cache: "cached"
        case .stale: "stale"
        }
    }
}

/// The lines of one request, kept apart until it is known whether they are wanted.
final class RequestLines {
    fileprivate(set) var lines = LineBuffer(capacity: 1_024)

    fileprivate func add(_ write: (inout LineBuffer) -> Void) { write(&lines) }
}

extension LineBuffer {
    /// The instant, the client where there is more than the first, the request, and the kind. In this
    /// order what a line shares with the one before it comes in one piece, which is a tenth of a trace.
    @inline(__always)
    fileprivate mutating func begin(_ t: Int64, _ call: CallID, _ kind: StaticString) {
        begin(t)
        if call.client != 0 { field("c", Int64(call.client)) }
        field("r", call.request)
        field("e", kind)
    }

    /// What the upstream has decided.
    @inline(__always)
    fileprivate mutating func decided(_ decision: Decision) {
        switch decision.ending {
        case .answer(let answer):
            field("s", answer.status)
            field("d", decision.delay)
            if let retryAfter = answer.fields[.retryAfter] { field("retry_after", retryAfter) }
        case .broken(let breakage, _):
            field("k", breakage.rawValue)
            field("d", decision.delay)
        case .hang(let beforeRequest):
            field("k", beforeRequest ? "handshake_hang" : "hang" as StaticString)
        }
        if decision.bodyTime > 0 { field("drip", decision.bodyTime) }
        if let service = decision.service {
            if service.wait > 0 { field("queued", service.wait) }
            field("service", service.duration)
        }
        if let refusal = decision.refusal { field("by", refusal.rawValue) }
        if !decision.touchedBy.isEmpty { list("faults", decision.touchedBy) }
        if !decision.shadowed.isEmpty { list("shadowed", decision.shadowed) }
    }

    fileprivate mutating func list(_ key: StaticString, _ numbers: [Int]) {
        openArray(key)
        for number in numbers { element(number) }
        closeArray()
    }
}
