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
