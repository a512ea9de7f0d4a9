import ScenarioFile
public import Trace

/// A summary of a trace: its scenario, its endings, and the first requests of each unsuccessful ending.
public struct TraceSummary {
    private static let shownMax = 10

    private let header: TraceHeader
    private var events: UInt64 = 0
    private var endings: [(outcome: String, count: UInt64, first: [UInt64])] = []

    /// Makes a summary without events.
    public init(_ header: TraceHeader) { self.header = header }

    /// Adds an event.
    /// - Parameter line: a line of the trace, without its line break.
    public mutating func add(_ line: [UInt8]) {
        events += 1
        // Only endings are parsed completely; most lines are of other kinds.
        guard TraceEvent.Head(line)?.kind == .end, let event = try? TraceEvent(line),
            case .end(let end) = event.content
        else { return }
        let (outcome, request) = (end.outcome.text, event.identity.request)
        if let index = endings.firstIndex(where: { $0.outcome == outcome }) {
            endings[index].count += 1
            if endings[index].first.count < Self.shownMax {
                endings[index].first.append(request)
            }
        } else {
            endings.append((outcome, 1, [request]))
        }
    }

    /// The summary as text for people.
    ///
    /// - Parameter footer: the footer of the trace; nil: the trace is cut.
    /// - Returns: complete lines.
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
