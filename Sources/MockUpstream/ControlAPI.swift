import HTTPTypes
import Synchronization
import Upstream

/// The server's own endpoints, whose requests the source does not see: health, scenario time, and
/// the attempts that have arrived.
///
/// - `GET /.windtunnel/health`: `{"status":"ok","connections":2,"requests":17}` with the number of
///   open connections and of requests that the source was asked about.
/// - `GET /.windtunnel/time`: `{"nanoseconds":1500000000}` since the scenario began.
/// - `GET /.windtunnel/attempts`: JSON lines, oldest first. With `?after=N` only those after line
///   N; the first line has number 1. The field `X-Windtunnel-Last` holds the number of the last
///   line.
public struct ControlAPI: Sendable {
    /// The prefix of the paths that belong to the control API.
    public static let prefix = "/.windtunnel/"

    /// Returns the scenario's time in nanoseconds.
    public var time: @Sendable () -> Int64
    /// The attempts that have arrived.
    public var attempts: AttemptLines

    /// Makes a control API.
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

/// A buffer of the last attempts that arrived, one line each. Any thread may add and read.
public final class AttemptLines: Sendable {
    private struct Kept {
        /// A ring buffer once it is full.
        var lines: [String] = []
        /// The number of lines that were added in total.
        var count: UInt64 = 0
    }

    /// The largest number of lines that are kept; older ones are dropped.
    public let linesMax: Int
    private let kept = Mutex(Kept())

    /// Makes an empty buffer.
    /// - Parameter linesMax: the largest number of lines, at least 1. Defaults to 10 000.
    public init(linesMax: Int = 10_000) {
        precondition(linesMax > 0, "a memory of nothing")
        self.linesMax = linesMax
    }

    /// Adds a line, given without its line end.
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

    /// The kept lines after the first `after` ones, each with its line end, and the total number of
    /// lines.
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
