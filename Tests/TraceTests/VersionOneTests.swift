import Foundation
import Testing

@testable import Trace

/// Traces written by the program of commit e22bbf2, in `Inputs/version-1`, must stay readable.
@Suite struct VersionOneTests {
    static let names = ["everything", "failures", "limited", "served", "stale"]

    private func lines(_ name: String) throws -> [[UInt8]] {
        let file = try #require(
            Bundle.module.url(
                forResource: name, withExtension: "jsonl.gz", subdirectory: "Inputs/version-1"))
        var reader = try TraceReader(path: file.path(percentEncoded: false))
        var lines: [[UInt8]] = []
        while let line = try reader.next() { lines.append(line) }
        #expect(lines[0].starts(with: Array(#"{"trace":1,"#.utf8)))
        #expect(lines[lines.count - 1].starts(with: Array(#"{"end":1,"#.utf8)))
        return Array(lines[1..<(lines.count - 1)])
    }

    @Test(
        "Every line is an event without an unknown field, and is written again byte for byte",
        arguments: names)
    func readAndWritten(name: String) throws {
        for line in try lines(name) {
            let text = String(decoding: line, as: UTF8.self)
            let event = try TraceEvent(line)
            #expect(event.unknownFields.isEmpty, "\(text)")
            var again = LineBuffer(capacity: 256)
            event.write(to: &again)
            #expect(again.bytes == line + [0x0a], "\(text)")
            let head = try #require(TraceEvent.Head(line))
            #expect(head.request == event.identity.request && head.kind != nil)
        }
    }

    @Test("Every word is one that the schema knows", arguments: names)
    func words(name: String) throws {
        for line in try lines(name) {
            let members = try #require(JSONMembers(line))
            let event = TraceSchema.events.first { $0.kind == members.string("e") }
            for field in try #require(event).fields {
                guard case .word(let words) = field.type,
                    let word = members.string(field.key)
                else { continue }
                #expect(words.contains(word), "\(String(decoding: line, as: UTF8.self))")
            }
        }
    }

    @Test("Together they hold every kind of event and every field")
    func complete() throws {
        var keys: Set<String> = []
        for name in Self.names {
            for line in try lines(name) {
                let members = try #require(JSONMembers(line))
                let kind = members.string("e") ?? ""
                for (key, _) in members.all { keys.insert("\(kind).\(key)") }
            }
        }
        let expected = TraceSchema.events.flatMap { event in
            event.fields.map { "\(event.kind).\($0.key)" } + ["\(event.kind).e"]
        }
        // An attempt that is marked as unclear is too rare to provoke.
        let missing = expected.filter { !keys.contains($0) }
        #expect(missing == ["attempt.unclear"])
    }
}
