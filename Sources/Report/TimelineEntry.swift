import APIClient
import Flight

/// A timeline as a member of a JSON document.
///
/// `JSONEncoder` writes either everything on one line or each number of an array on a line of its own: 512 bins would
/// make a summary of tens of thousands of lines. So the encoder writes a mark where the timeline belongs, and
/// ``filled(_:with:)`` puts the timeline's own text there: one line for each column. The mark cannot be mistaken: a
/// quotation mark within a string is always escaped, so that no text of a user's reads as a key with a value.
struct TimelineEntry: Encodable {
    private static let mark = "\"timeline\" : \"timeline\""

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode("timeline")
    }

    /// Puts timelines into a document.
    /// - Parameters:
    ///   - document: pretty printed by `JSONEncoder`; holds members `timeline` whose value is a `TimelineEntry`.
    ///   - timelines: the timelines of these members, in the order of the document.
    /// - Returns: the document with the timelines, in the same form, but with short lists on one line.
    static func filled(_ document: String, with timelines: [Timeline]) -> String {
        let parts = document.utf8.split(separator: mark.utf8, omittingEmptySubsequences: false)
        precondition(parts.count == timelines.count + 1, "one mark for each timeline")
        var text = String(Substring(parts[0]))
        for (timeline, rest) in zip(timelines, parts.dropFirst()) {
            let indent = text.utf8.reversed().prefix { $0 == UInt8(ascii: " ") }.count
            text += "\"timeline\" : "
            JSONNode(timeline).write(to: &text, indent: indent)
            text += String(Substring(rest))
        }
        return text
    }
}

/// JSON whose inner parts stand on one line.
private indirect enum JSONNode {
    /// JSON text without line breaks.
    case line(String)
    case list([JSONNode])
    /// Written by rising keys, which need no escaping.
    case object([(key: String, value: JSONNode)])

    func write(to text: inout String, indent: Int) {
        let inner = String(repeating: " ", count: indent + 2)
        let outer = "\n" + String(repeating: " ", count: indent)
        switch self {
        case .line(let line): text += line
        case .list(let items):
            text += "["
            for (index, item) in items.enumerated() {
                text += index == 0 ? "\n" : ",\n"
                text += inner
                item.write(to: &text, indent: indent + 2)
            }
            text += items.isEmpty ? "]" : outer + "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                text += index == 0 ? "\n" : ",\n"
                text += "\(inner)\"\(member.key)\" : "
                member.value.write(to: &text, indent: indent + 2)
            }
            text += members.isEmpty ? "}" : outer + "}"
        }
    }

    /// A list on one line.
    static func row<Item>(_ items: [Item], _ text: (Item) -> String) -> JSONNode {
        .line("[" + items.map(text).joined(separator: ",") + "]")
    }

    static func numbers(_ numbers: [some BinaryInteger]) -> JSONNode { row(numbers) { "\($0)" } }

    static func columns(_ columns: [Timeline.Column]) -> JSONNode {
        .object(columns.map { ($0.name, numbers($0.counts)) })
    }

    /// Microseconds as milliseconds, without binary fractions in between.
    static func milliseconds(_ microseconds: [UInt64?]) -> JSONNode {
        row(microseconds) { value in
            guard let value else { return "null" }
            let rest = value % 1_000
            if rest == 0 { return "\(value / 1_000)" }
            var digits = "\(1_000 + rest)".dropFirst()
            while digits.last == "0" { digits.removeLast() }
            return "\(value / 1_000).\(digits)"
        }
    }
}

extension JSONNode {
    init(_ timeline: Timeline) {
        var members: [(key: String, value: JSONNode)] = [
            ("bin_seconds", .line("\(timeline.binSeconds)")),
            ("bins", .line("\(timeline.bins)")),
            ("flights", .line("\(timeline.flights)")),
            ("latency_row_edges_ms", .milliseconds(timeline.latencyRowEdges)),
            ("origin_ns", .line("\(timeline.origin)")),
            ("series", .list(timeline.series.map { JSONNode($0) })),
            ("warmup_bins", .line("\(timeline.warmupBins)")),
        ]
        if timeline.loadsWithoutSeries > 0 {
            members.append(("loads_without_series", .line("\(timeline.loadsWithoutSeries)")))
        }
        if let upstream = JSONNode(timeline.upstream) { members.append(("upstream", upstream)) }
        if !timeline.transitions.isEmpty {
            let transitions = JSONNode.row(timeline.transitions) {
                "[\($0.at),\($0.client),\"\($0.from.rawValue)\",\"\($0.to.rawValue)\"]"
            }
            members.append(
                (
                    "breakers",
                    .object([
                        ("omitted", .line("\(timeline.transitionsOmitted)")),
                        ("transitions", transitions),
                    ])
                ))
        }
        self = .object(members)
    }

    private init(_ series: Timeline.Series) {
        // The names of loads are letters, digits and some marks that need no escaping.
        var members: [(key: String, value: JSONNode)] = [
            ("load", .line(series.load.map { "\"\($0)\"" } ?? "null")),
            ("requests", .numbers(series.requests)),
        ]
        for (key, columns) in [
            ("ended", series.ended), ("attempts", series.attempts), ("waits", series.waits),
        ] where !columns.isEmpty {
            members.append((key, .columns(columns)))
        }
        for column in series.counters { members.append((column.name, .numbers(column.counts))) }
        let latency = series.latency
        if latency.max.contains(where: { $0 != nil }) {
            let percentiles: [(key: String, value: JSONNode)] = [
                ("p50", .milliseconds(latency.p50)), ("p95", .milliseconds(latency.p95)),
                ("p99", .milliseconds(latency.p99)), ("max", .milliseconds(latency.max)),
            ]
            members.append(("latency_ms", .object(percentiles)))
            let rows = JSONNode.row(latency.rows) { cells in
                "[" + cells.map { "\($0.row),\($0.count)" }.joined(separator: ",") + "]"
            }
            members.append(("latency_rows", rows))
        }
        self = .object(members)
    }

    private init?(_ upstream: Timeline.Upstream) {
        var members: [(key: String, value: JSONNode)] = []
        for (key, numbers) in [
            ("queue", upstream.queue), ("busy", upstream.busy),
            ("unhealthy_permille", upstream.unhealthyPermille),
        ] where numbers.contains(where: { $0 != 0 }) {
            members.append((key, .numbers(numbers)))
        }
        if !upstream.faults.isEmpty {
            let faults = JSONNode.row(upstream.faults) { places in
                "[" + places.map { "\($0)" }.joined(separator: ",") + "]"
            }
            members.append(("faults", faults))
        }
        if members.isEmpty { return nil }
        self = .object(members)
    }
}
