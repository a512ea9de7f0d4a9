import HTTPTypes
import Synchronization
import Upstream

/// What the server answers itself, under a path that no source sees: how it is, what time it is in the
/// scenario, and what has arrived.
///
/// - `GET /.windtunnel/health`: `{"status":"ok","connections":2,"requests":17}`; connections that are
///   open, requests that the source was asked about.
/// - `GET /.windtunnel/time`: `{"nanoseconds":1500000000}`, since the scenario began.
/// - `GET /.windtunnel/attempts`: JSON lines, oldest first; with `?after=N` those after line N, of
///   which the first is 1. The field `X-Windtunnel-Last` has the number of the last one.
public struct ControlAPI: Sendable {
    /// Every path that begins so is the control API's.
    public static let prefix = "/.windtunnel/"

    /// The scenario's time, in nanoseconds.
    public var time: @Sendable () -> Int64
    /// What has arrived.
    public var attempts: AttemptLines

    /// A control API.
    public init(time: @escaping @Sendable () -> Int64, attempts: AttemptLines) {
        (self.time, self.attempts) = (time, attempts)
    }

    func answer(_ method: HTTPRequest.Method, _ target: String, connections: Int, requests: UInt64)
        -> Answer
    {
        guard method == .get || method == .head else {
            return Self.json(405, #"{"error":"only GET is allowed"}"#, [.allow: "GET, HEAD"])
        }
        let parts = target.dropFirst(Self.prefix.count)
            .split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        switch parts[0] {
        case "health":
            return Self.json(
                200,
                #"{"status":"ok","connections":\#(connections),"requests":\#(requests)}"#)
        case "time": return Self.json(200, #"{"nanoseconds":\#(time())}"#)
        case "attempts":
            guard let after = Self.after(parts.count > 1 ? parts[1] : "") else {
                return Self.json(400, #"{"error":"write ?after= and a number, or nothing"}"#)
            }
            return Self.lines(attempts.lines(after: after))
        default:
            return Self.json(404, #"{"error":"there is health, time and attempts"}"#)
        }
    }

    private static func after(_ query: Substring) -> UInt64? {
        if query.isEmpty { return 0 }
        guard query.hasPrefix("after=") else { return nil }
        let number = query.dropFirst("after=".count)
        // The standard library would also read a sign.
        guard number.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) else {
            return nil
        }
        return UInt64(number)
    }

    private static func json(_ status: Int, _ text: String, _ more: HTTPFields = [:]) -> Answer {
        var fields = more
        fields[.contentType] = "application/json"
        return Answer(status: status, fields: fields, body: Array(text.utf8))
    }

    private static func lines(_ found: (text: [UInt8], last: UInt64)) -> Answer {
        var fields: HTTPFields = [.contentType: "application/jsonl"]
        if let name = HTTPField.Name("X-Windtunnel-Last") { fields[name] = String(found.last) }
        return Answer(status: 200, fields: fields, body: found.text)
    }
}

/// The last attempts that arrived, a line each. Any thread may add and read.
public final class AttemptLines: Sendable {
    private struct Kept {
        /// A ring, once it is full.
        var lines: [String] = []
        /// How many there have been.
        var count: UInt64 = 0
    }

    /// How many are kept; older ones are forgotten.
    public let linesMax: Int
    private let kept = Mutex(Kept())

    /// None yet.
    public init(linesMax: Int = 10_000) {
        precondition(linesMax > 0, "a memory of nothing")
        self.linesMax = linesMax
    }

    /// Adds a line, without its end.
    public func append(_ line: String) {
        kept.withLock { kept in
            if kept.lines.count < linesMax {
                kept.lines.append(line)
            } else {
                kept.lines[Int(kept.count % UInt64(linesMax))] = line
            }
            kept.count += 1
        }
    }

    /// Those that are kept and came after the first `after`, each with its end, and how many there have
    /// been in all.
    func lines(after: UInt64) -> (text: [UInt8], last: UInt64) {
        kept.withLock { kept in
            let oldest = kept.count - UInt64(kept.lines.count)
            var text: [UInt8] = []
            for number in max(oldest, min(after, kept.count))..<kept.count {
                text += kept.lines[Int(number % UInt64(linesMax))].utf8
                text.append(UInt8(ascii: "\n"))
            }
            return (text, kept.count)
        }
    }
}
