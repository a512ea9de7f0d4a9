import Foundation
import Testing

@testable import Trace

/// Compares the schema with what is written, read and documented.
@Suite struct SchemaTests {
    // MARK: - The documentation

    private func documentation() throws -> [Substring] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/trace-format.md")
        return try String(contentsOf: file, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The rows of the tables between a heading and the next one, keyed by the first cell of their header row.
    private func tables(below heading: String) throws -> [String: [String]] {
        let lines = try documentation()
        let start = try #require(lines.firstIndex { $0 == heading }, "no heading '\(heading)'")
        let section = lines[(start + 1)...].prefix { !$0.hasPrefix("#") }
        var tables: [String: [String]] = [:]
        for table in section.split(whereSeparator: { !$0.hasPrefix("|") }) {
            let name = table.first.map { $0.dropFirst(2).prefix { $0 != " " } } ?? ""
            tables[String(name)] = table.dropFirst(2).map(String.init)
        }
        return tables
    }

    private func row(_ field: TraceFieldShape) -> String {
        var meaning = field.meaning
        var holds = "number"
        switch field.type {
        case .integer: break
        case .flag: holds = "`true`"
        case .text: holds = "text"
        case .integers: holds = "numbers"
        case .word(let words):
            holds = "word"
            let quoted = words.map { "`\($0)`" }
            let head = quoted.dropLast().joined(separator: ", ")
            meaning += ": " + (head.isEmpty ? "" : head + " or ") + (quoted.last ?? "")
        }
        let presence = field.isRequired ? " always " : " "
        return "| `\(field.key)` | \(holds) |\(presence)| \(meaning) |"
    }

    @Test("The documentation's tables have each field of each event, and no other")
    func documented() throws {
        let common = try tables(below: "## Fields of every event")
        #expect(common["field"] == TraceSchema.commonFields.map(row))
        for event in TraceSchema.events {
            let tables = try tables(below: "### `\(event.kind)`: \(event.meaning)")
            #expect(tables["field"] ?? [] == event.fields.map(row), "event \(event.kind)")
            for (key, rows) in tables where key != "field" {
                let field = try #require(event.fields.first { "`\($0.key)`" == key })
                let cells = rows.flatMap { $0.split(separator: "|").prefix(1) }
                let words = cells.flatMap { $0.matches(of: /`(\w+)`/).map { String($0.output.1) } }
                #expect(field.type == .word(words), "\(key) of event \(event.kind)")
            }
        }
    }

    @Test("The documentation names no event that the schema does not have")
    func noOtherEvents() throws {
        let headings = try documentation().filter { $0.hasPrefix("### `") }
        #expect(headings == TraceSchema.events.map { "### `\($0.kind)`: \($0.meaning)" })
    }

    // MARK: - Reading by the schema

    /// An example of each value, as JSON.
    private func json(_ type: TraceFieldType) -> String {
        switch type {
        case .integer: "7"
        case .flag: "true"
        case .text: #""a\"b""#
        case .integers: "[1, 20,3]"
        case .word(let words): "\"\(words[0])\""
        }
    }

    private func line(_ kind: String, _ fields: [TraceFieldShape]) -> [UInt8] {
        let members = fields.map { ",\"\($0.key)\":\(json($0.type))" }.joined()
        return Array("{\"t\":5,\"r\":3,\"e\":\"\(kind)\"\(members)}".utf8)
    }

    /// The fields that a line with `field` may have: an attempt has only one of the two endings.
    private func together(
        _ event: TraceSchema.Event, with field: String = "s"
    ) -> [TraceFieldShape] {
        guard event.kind == "attempt" else { return event.fields }
        return event.fields.filter { $0.key != (field == "k" ? "s" : "k") }
    }

    @Test(
        "An event with all fields of the schema has no unknown one", arguments: TraceSchema.events)
    func allFieldsAreRead(event: TraceSchema.Event) throws {
        let read = try TraceEvent(line(event.kind, together(event)))
        #expect(read.unknownFields.isEmpty)
        #expect(read.identity == TraceEvent.Identity(instant: 5, client: 0, request: 3))
        // No other field is read: the keys of other events are unknown here.
        let own = Set(event.fields.map(\.key))
        let others = TraceSchema.events.flatMap(\.fields).filter { !own.contains($0.key) }
        for other in others {
            let unknown = try TraceEvent(line(event.kind, together(event) + [other])).unknownFields
            #expect(unknown.map(\.key) == [other.key])
        }
    }

    @Test("A field may be missing where the schema says so, and only there")
    func presence() throws {
        for event in TraceSchema.events {
            for field in event.fields {
                // An attempt without a status must have the other ending.
                let others = together(event, with: field.key == "s" ? "k" : "s")
                let text = line(event.kind, others.filter { $0 != field })
                if field.isRequired {
                    let error = #expect(throws: TraceLineError.self) { try TraceEvent(text) }
                    #expect(error?.code == .missingField && error?.field == field.key)
                } else {
                    #expect(throws: Never.self) { try TraceEvent(text) }
                }
            }
        }
    }

    @Test("A field that holds a value of another type is an error that names it")
    func types() throws {
        for event in TraceSchema.events {
            for field in event.fields {
                let others = together(event, with: field.key).filter { $0 != field }
                let rest = others.map { ",\"\($0.key)\":\(json($0.type))" }.joined()
                for (type, value) in [
                    (TraceFieldType.integer, "1"), (.flag, "true"), (.text, "\"x\""),
                    (.integers, "[1]"), (.integers, "[1.5]"), (.integer, "1e3"),
                ] {
                    var isText = field.type == .text
                    if case .word = field.type { isText = true }
                    if type == field.type && value != "1e3" && value != "[1.5]" { continue }
                    if type == .text && isText { continue }
                    let text =
                        "{\"t\":5,\"r\":3,\"e\":\"\(event.kind)\",\"\(field.key)\":\(value)\(rest)}"
                    let error = #expect(throws: TraceLineError.self) {
                        try TraceEvent(Array(text.utf8))
                    }
                    #expect(error?.code == .wrongType && error?.field == field.key)
                }
            }
        }
    }

    // MARK: - Names

    @Test("A line begins with the key of the instant")
    func opening() {
        #expect("\(TraceEvent.Field.opening)" == "{\"\(TraceEvent.Field.instant.key)\":")
    }

    @Test("The literal of a word is the word that is read")
    func literals() {
        for action in TraceEvent.Cache.Action.allCases {
            #expect("\(action.name)" == action.rawValue)
        }
        for outcome in TraceEvent.End.Outcome.allCases {
            #expect("\(outcome.name)" == outcome.rawValue)
        }
        #expect("\(TraceEvent.Attempt.Breakage.hangName)" == "hang")
        #expect("\(TraceEvent.Attempt.Breakage.handshakeHangName)" == "handshake_hang")
        #expect(
            "\(TraceEvent.Failure.Code.clientGoneName)"
                == TraceEvent.Failure.Code.clientGone.rawValue)
        #expect("\(TraceEvent.End.Decider.clientName)" == TraceEvent.End.Decider.client.rawValue)
    }
}
