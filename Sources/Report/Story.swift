import APIClient
import Flight
import ScenarioFile
public import Trace
import Upstream

/// Tells what a trace says of one request, in words.
public struct Story {
    private let scenario: Scenario?
    private var arrival: Int64?
    private var lines: [String] = []

    /// - Parameter header: of the trace; its scenario names the faults.
    public init(_ header: TraceHeader) {
        scenario = try? Scenario.decode(Array(header.scenario.utf8), file: "header")
    }

    /// Whether the trace has said anything of the request.
    public var isEmpty: Bool { lines.isEmpty }

    /// The story so far, a line an event.
    public var text: String { lines.map { Wording.printable($0) + "\n" }.joined() }

    /// Whether an event line is about a request, without parsing it.
    public static func concerns(_ line: [UInt8], request: UInt64) -> Bool {
        let wanted = Array("\"r\":\(request)".utf8)
        guard line.count > wanted.count else { return false }
        for start in 0..<(line.count - wanted.count)
        where line[start] == wanted[0] && line[start..<start + wanted.count].elementsEqual(wanted) {
            // `"r":1` also begins `"r":17`.
            let next = line[start + wanted.count]
            return next == UInt8(ascii: ",") || next == UInt8(ascii: "}")
        }
        return false
    }

    /// Adds an event.
    /// - Parameter line: of the trace, as it stands there.
    public mutating func add(_ line: [UInt8]) {
        guard let event = try? JSONValue(parsing: line), let instant = event.int("t"),
            let kind = event.string("e")
        else {
            lines.append(String(decoding: line, as: UTF8.self))
            return
        }
        if arrival == nil { arrival = instant }
        let offset = "+" + Wording.fixed(Double(span(arrival ?? instant, instant)) / 1e6, 3) + " ms"
        let padding = String(repeating: " ", count: max(0, 16 - offset.count))
        lines.append(padding + offset + "  " + sentence(kind, event, at: instant))
    }

    private func sentence(_ kind: String, _ event: JSONValue, at instant: Int64) -> String {
        switch kind {
        case "request":
            return "\(event.string("m") ?? "") \(event.string("p") ?? "") arrives at "
                + "\(Wording.fixed(Double(instant) / 1e9, 6)) s"
                + (event.int("c").map { ", at client \($0)" } ?? "")
        case "attempt": return attempt(event)
        case "answer": return "attempt \(event.int("a") ?? 0) is answered: \(event.int("s") ?? 0)"
        case "failure" where event.string("k") == "client_gone":
            return "attempt \(event.int("a") ?? 0) ends: the client goes away"
        case "failure":
            return "attempt \(event.int("a") ?? 0) fails: \(event.string("k") ?? "")"
        case "wait":
            let until = event.int("until") ?? instant
            let lower = event.int("lower") ?? until
            let upper = event.int("upper") ?? until
            if event.string("why") == "leader" {
                return "waits for the answer to another request, at most "
                    + Wording.duration(span(instant, until))
            }
            return
                "waits \(Wording.duration(span(instant, until))) (\(event.string("why") ?? "")); "
                + "allowed \(Wording.duration(max(0, span(instant, lower)))) to "
                + Wording.duration(span(instant, upper))
        case "refused":
            let wait = Wording.duration(max(0, span(instant, event.int("until") ?? instant)))
            return event.string("by") == "limiter"
                ? "the client's own limit allows no send for \(wait), which is past the deadline"
                : "the breaker refuses; a probe is possible in \(wait)"
        case "cancel": return "its caller gives up"
        case "give_up": return "gives up: " + Self.reason(event.string("why") ?? "")
        case "breaker":
            return
                "the breaker goes from \(event.string("from") ?? "") to \(event.string("to") ?? "") "
                + "(\(event.int("failures") ?? 0) failures of \(event.int("total") ?? 0))"
        case "cache": return cache(event)
        case "end": return end(event)
        default: return kind
        }
    }

    private static func reason(_ word: String) -> String {
        switch GiveUpReason(rawValue: word) {
        case .retriesExhausted: "no retries are left"
        case .rateLimitRetriesExhausted: "no retries after a 429 are left"
        case .notRetryable: "it must not be sent again"
        case .deadline: "the wait before the next attempt would not end before the deadline"
        case nil: word
        }
    }

    private func attempt(_ event: JSONValue) -> String {
        var text = "attempt \(event.int("a") ?? 0) is sent"
        if case .bool(true)? = event["probe"] { text += " as the breaker's probe" }
        if let by = event.string("known_by") {
            text += ", known by its \(RecognizedBy(rawValue: by)?.name ?? by)"
        }
        if case .bool(true)? = event["unclear"] { text += ", if it is not another request's" }
        if let timeout = event.int("timeout") {
            text += ", cut to \(Wording.duration(timeout)) by the deadline"
        }
        text += "; the upstream decides: "
        let delay = event.int("d").map { " after " + Wording.duration($0) } ?? ""
        text += (event.int("s").map { "\($0)" } ?? event.string("k") ?? "") + delay
        text += work(event)
        if let retryAfter = event.string("retry_after") { text += ", Retry-After: \(retryAfter)" }
        let faults = event.ints("faults").map { fault($0) }
        if !faults.isEmpty { text += "; because of " + faults.joined(separator: " and ") }
        let shadowed = event.ints("shadowed").map { fault($0) }
        if !shadowed.isEmpty { text += "; in its shadow " + shadowed.joined(separator: " and ") }
        return text
    }

    /// Who turned the attempt away, or what of its delay was queue, work and trickle.
    private func work(_ event: JSONValue) -> String {
        switch event.string("by") {
        case "quota": return " by the quota"
        case "capacity": return ", since the queue is full"
        default: break
        }
        var parts: [String] = []
        if let wait = event.int("queued") {
            parts.append("waits \(Wording.duration(wait)) for a server")
        }
        if let service = event.int("service") {
            parts.append("is worked on for \(Wording.duration(service))")
        }
        if let drip = event.int("drip") {
            parts.append("its body trickles for \(Wording.duration(drip))")
        }
        return parts.isEmpty ? "" : " (" + parts.joined(separator: ", ") + ")"
    }

    /// From one instant to another. A trace is input: whoever changed it may have written anything.
    private func span(_ start: Int64, _ end: Int64) -> Int64 {
        let (span, isTooLarge) = end.subtractingReportingOverflow(start)
        return isTooLarge ? (end < start ? .min : .max) : span
    }

    private func fault(_ index: Int64) -> String {
        guard let faults = scenario?.upstream.faults, let index = Int(exactly: index),
            faults.indices.contains(index)
        else { return "fault \(index &+ 1)" }
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

    private func cache(_ event: JSONValue) -> String {
        let age = event.int("age").map { ", \(Wording.duration($0)) old" } ?? ""
        switch event.string("k") {
        case "hit": return "the cache has a fresh answer\(age)"
        case "stale": return "the cache gives a stale answer instead\(age)"
        case "miss": return "the cache has no fresh answer"
        case "followed": return "shares the answer of a request that was under way"
        case "stored":
            return "the answer is kept for "
                + (event.int("life").map { Wording.duration($0) } ?? "")
        case "invalidated": return "what the cache has of this path is dropped"
        default: return "cache"
        }
    }

    private func end(_ event: JSONValue) -> String {
        var text = "ends: \(event.string("o") ?? "")"
        if let status = event.int("s") { text += ", status \(status)" }
        // Whoever cancels is the caller, though it is the client that says so.
        if event.string("by") == "client", event.string("o") != "CANCELLED" {
            text += ", by the client's own decision"
        }
        return text
    }
}

extension Fault.Effect {
    /// As the scenario file calls it.
    var name: String {
        if case .status(let fault) = self { return "status \(fault.status)" }
        return kind
    }
}

extension JSONValue {
    fileprivate func int(_ key: String) -> Int64? {
        if case .integer(let value)? = self[key] { value } else { nil }
    }

    fileprivate func string(_ key: String) -> String? {
        if case .string(let value)? = self[key] { value } else { nil }
    }

    fileprivate func ints(_ key: String) -> [Int64] {
        guard case .array(let values)? = self[key] else { return [] }
        return values.compactMap { if case .integer(let value) = $0 { value } else { nil } }
    }
}
