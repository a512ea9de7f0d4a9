public import Trace
import Upstream

/// Tells what a trace says of one request, in words.
public struct Story {
    private let words: EventWords
    private var arrival: Int64?
    private var lines: [String] = []

    /// - Parameter header: of the trace; its scenario names the faults.
    public init(_ header: TraceHeader) { words = EventWords(header) }

    /// Whether the trace has said anything of the request.
    public var isEmpty: Bool { lines.isEmpty }

    /// The story so far, a line an event.
    public var text: String { lines.map { Wording.printable($0) + "\n" }.joined() }

    /// Whether an event line is about a request, without parsing all of it.
    public static func concerns(_ line: [UInt8], request: UInt64) -> Bool {
        TraceEvent.Head(line)?.request == request
    }

    /// Adds an event. A line that is none is told as it stands, with what is wrong with it.
    /// - Parameter line: of the trace, as it stands there.
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
    /// As the scenario file calls it.
    var name: String {
        if case .status(let fault) = self { return "status \(fault.status)" }
        return kind
    }
}
