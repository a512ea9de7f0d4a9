import APIClient
import ScenarioFile
public import Trace

/// What a trace is about, and which of its requests did not end well.
public struct TraceSummary {
    private static let shownMax = 10

    private let header: TraceHeader
    private var events: UInt64 = 0
    private var endings: [(outcome: String, count: UInt64, first: [UInt64])] = []

    /// A summary of no event so far.
    public init(_ header: TraceHeader) { self.header = header }

    /// Adds an event.
    /// - Parameter line: of the trace, as it stands there.
    public mutating func add(_ line: [UInt8]) {
        events += 1
        // Only endings are parsed; there is one to four or more lines a request.
        guard line.count > 20, let event = Self.ending(line) else { return }
        if let index = endings.firstIndex(where: { $0.outcome == event.outcome }) {
            endings[index].count += 1
            if endings[index].first.count < Self.shownMax {
                endings[index].first.append(event.request)
            }
        } else {
            endings.append((event.outcome, 1, [event.request]))
        }
    }

    private static let mark = Array(#""e":"end""#.utf8)

    private static func ending(_ line: [UInt8]) -> (request: UInt64, outcome: String)? {
        guard isEnding(line), let event = try? JSONValue(parsing: line),
            case .integer(let request)? = event["r"],
            case .string(let outcome)? = event["o"]
        else { return nil }
        return UInt64(exactly: request).map { ($0, outcome) }
    }

    /// By the kind, which stands behind the instant, the client and the request; without parsing.
    private static func isEnding(_ line: [UInt8]) -> Bool {
        var rest = line[...]
        for _ in 0..<3 {
            guard let comma = rest.firstIndex(of: UInt8(ascii: ",")) else { return false }
            rest = rest[(comma + 1)...]
            if rest.starts(with: mark) { return true }
        }
        return false
    }

    /// Lines for people.
    ///
    /// - Parameter footer: the trace's; nil where it is cut.
    /// - Returns: whole lines.
    public func text(_ footer: TraceFooter?) -> String {
        let scenario = try? Scenario.decode(Array(header.scenario.utf8), file: "header")
        let name = scenario?.name ?? "a scenario of another version"
        var text =
            Wording.printable(
                "\(name), seed \(header.seed), \(header.mode), version \(header.version)")
            + "\n\(Wording.grouped(events))"
        if let footer, footer.written != nil { text += " of \(Wording.grouped(footer.lines))" }
        text += " events"
        if footer?.counts.contains(where: { $0.key == "interrupted" && $0.value != 0 }) == true {
            text += "; interrupted"
        }
        text += "\n"
        for ending in endings {
            text += "\(Wording.grouped(ending.count)) ended: \(Wording.printable(ending.outcome))"
            if ending.outcome != "ok" && ending.outcome != "cached" {
                text += "; the first: " + ending.first.map { "\($0)" }.joined(separator: ", ")
            }
            text += "\n"
        }
        return text + "one request's story: windtunnel trace show FILE --request ID\n"
    }
}
