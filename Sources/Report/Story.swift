public import Trace
import Upstream

/// Describes the events of one request in a trace, in words.
public struct Story {
    private let words: EventWords
    private var arrival: Int64?
    private var lines: [String] = []

    /// - Parameter header: the header of the trace; its scenario gives the names of the faults.
    public init(_ header: TraceHeader) { words = EventWords(header) }

    /// Whether the trace has no event of the request so far.
    public var isEmpty: Bool { lines.isEmpty }

    /// The story so far, one line per event.
    public var text: String { lines.map { Wording.printable($0) + "\n" }.joined() }

    /// Whether an event line belongs to a request. Does not parse the whole line.
    public static func concerns(_ line: [UInt8], request: UInt64) -> Bool {
        TraceEvent.Head(line)?.request == request
    }

    /// Adds an event. A line that is not a valid event is shown unchanged, with its defect.
    /// - Parameter line: a line of the trace, without its line break.
    public mutating func add(_ line: [UInt8]) {
        do throws(TraceLineError) {
            add(try TraceEvent(line))
        } catch {
            let text = String(decoding: line, as: UTF8.self)
            lines.append(Self.indented("not readable", "\(error): \(text)"))
        }
    }

    private mutating func add(_ event: TraceEvent) {
        let instant = event.identity.instant
        if arrival == nil { arrival = instant }
        let offset = EventWords.span(arrival ?? instant, instant)
        let time = "+" + Wording.fixed(Double(offset) / 1e6, 3) + " ms"
        lines.append(Self.indented(time, words.sentence(event)))
    }

    private static func indented(_ time: String, _ text: String) -> String {
        String(repeating: " ", count: max(0, 16 - time.count)) + time + "  " + text
    }
}

extension Fault.Effect {
    /// The name in the scenario file.
    var name: String {
        if case .status(let fault) = self { return "status \(fault.status)" }
        return kind
    }
}
