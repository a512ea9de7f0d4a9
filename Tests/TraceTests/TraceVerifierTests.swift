import Foundation
import Testing

@testable import Trace

@Suite struct TraceVerifierTests {
    @Test func everyTruncationIsSeen() throws {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        try writeTrace(path, requests: 20)
        let whole = try bytes(of: path)
        for length in whole.indices {
            let cut = try folder.file("cut", Array(whole[..<length]))
            guard case .cut = try TraceVerifier.verify(cut) else {
                Issue.record("\(length) of \(whole.count) bytes: \(try TraceVerifier.verify(cut))")
                return
            }
        }
    }

    @Test func everyTruncationOfAPlainFileIsSeen() throws {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        let digest = try writeTrace(path, requests: 2).digest
        let plain = Array(readAll(path).lines.map { $0 + "\n" }.joined().utf8)
        let whole = try folder.file("plain", plain)
        #expect(try TraceVerifier.verify(whole) == .whole(digest: digest, lines: 8))
        for length in plain.indices {
            guard case .cut = try TraceVerifier.verify(folder.file("a", Array(plain[..<length])))
            else {
                Issue.record("\(length) of \(plain.count) bytes")
                return
            }
        }
    }

    @Test func everyFlippedByteIsSeen() throws {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        try writeTrace(path, requests: 20)
        let whole = try bytes(of: path)
        for index in whole.indices {
            var flipped = whole
            flipped[index] ^= 0xff
            switch try TraceVerifier.verify(folder.file("b", flipped)) {
            case .cut, .changed: break
            case let verdict: Issue.record("byte \(index): \(verdict)")
            }
        }
    }

    @Test func noFlippedBitChangesALineUnseen() throws {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        try writeTrace(path, requests: 5)
        let whole = try bytes(of: path)
        let lines = readAll(path).lines
        for bit in 0..<whole.count * 8 {
            var flipped = whole
            flipped[bit / 8] ^= 1 << (bit % 8)
            let changed = try folder.file("b", flipped)
            switch try TraceVerifier.verify(changed) {
            case .cut, .changed: break
            // A few bits between two blocks have no meaning.
            case let verdict: #expect(readAll(changed).lines == lines, "bit \(bit): \(verdict)")
            }
        }
    }

    /// The verdict on an uncompressed trace of two lines after replacing one text.
    private func verdict(replacing old: String, with new: String) throws -> TraceVerifier.Verdict {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        let writer = try TraceWriter(path: path, header: sampleHeader.json)
        var lines = LineBuffer()
        for t in [-5, 5] as [Int64] {
            lines.begin(t)
            lines.field("e", "x" as StaticString)
            lines.field("n", true)
            lines.end()
        }
        writer.write(&lines)
        try writer.finish { TraceFooter(lines: $1, digest: $0).json }
        let text = readAll(path).lines.map { $0 + "\n" }.joined()
        try #require(text.contains(old))
        return try TraceVerifier.verify(
            folder.file("a", text.replacingOccurrences(of: old, with: new)))
    }

    static let changes: [(old: String, new: String, reason: String)] = [
        ("\"t\":5", "\"t\":6", "digest"), ("\"lines\":2", "\"lines\":3", "counts 3 lines"),
        ("\"lines\":2", "\"lines\":-2", "footer lacks"), ("\"digest\"", "\"dig\"", "footer lacks"),
        ("{\"t\":5,\"e\":\"x\",\"n\":true}\n", "", "there are 1"),
        ("{\"t\":5", "{\"t\":5,", "line 3: is not a JSON object"),
        ("{\"t\":5", "{\"u\":5", "line 3: does not begin with an instant"),
        ("{\"t\":5", "{\"t\":99999999999999999999", "line 3: does not begin with an instant"),
        ("\"t\":5,\"e\":\"x\",\"n\":true", "\"t\":5,\"e\":\"x\",\"n\":tru", "line 3: is not"),
        ("{\"trace\":1", "{\"trace\":7", "of format 7"),
        ("\"seed\"", "\"sead\"", "the header lacks"),
    ]

    @Test(arguments: changes)
    func aChangedLineIsToldWithItsReason(old: String, new: String, reason: String) throws {
        guard case .changed(let told) = try verdict(replacing: old, with: new) else {
            Issue.record("not changed")
            return
        }
        #expect(told.contains(reason), "\(told)")
    }

    @Test func linesBehindTheFooterAreSeen() throws {
        let footer = "{\"end\":1,\"lines\":2,\"digest\":\"\"}\n"
        let verdict = try verdict(replacing: "{\"end\":1", with: footer + "{\"end\":1")
        #expect(verdict == .changed(reason: "lines follow the footer"))
    }

    @Test func eventsOutOfTheirOrderAreSeenThoughTheDigestIsRight() throws {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        let writer = try TraceWriter(path: path, header: sampleHeader.json)
        var lines = LineBuffer()
        for t in [1, 1, 3, 2] as [Int64] {
            lines.begin(t)
            lines.field("e", "x" as StaticString)
            lines.end()
        }
        writer.write(&lines)
        try writer.finish { TraceFooter(lines: $1, digest: $0).json }
        let verdict = try TraceVerifier.verify(path)
        #expect(verdict == .changed(reason: "line 5 is earlier than the line before"))
    }

    @Test func aTraceThatWasCompressedAnewIsNotAsItWasWritten() throws {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        try writeTrace(path, requests: 10)
        #expect(try run("sh", "-c", #"zcat "$0" | gzip -9n > "$0.new""#, path).status == 0)
        guard case .changed(let reason) = try TraceVerifier.verify(path + ".new") else {
            Issue.record("not changed")
            return
        }
        #expect(reason.contains("compressed anew"))
    }

    @Test func whatSaysNothingAboutTheTraceIsThrown() throws {
        for (path, code) in [("/tmp", TraceError.Code.isDirectory), ("/no/such", .openFailed)] {
            let error = #expect(throws: TraceError.self) { try TraceVerifier.verify(path) }
            #expect(error?.code == code)
        }
    }

    static let objects = [
        "{}", " { } ",
        #"{"a":[1,-0,2.5e+3,{"b":null}],"c":"\u00e9\n"}"#, #"{"a":{"a":{"a":[[]]}}}"#,
        #"{"":true,"":false}"#,
    ]
    static let others = [
        "", "1", "[]", "{", "}", "{]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{,"a":1}"#,
        #"{"a":01}"#,
        #"{"a":1.}"#, #"{"a":+1}"#, #"{"a":1e}"#, #"{"a":-}"#, #"{"a":"\x"}"#, #"{"a":"\u12g4"}"#,
        #"{"a":"}"#, #"{a:1}"#, #"{"a":nul}"#, #"{"a":[1 2]}"#, #"{"a":[1,]}"#, "{} {}",
        "{\"a\":\"\t\"}",
    ]

    @Test(arguments: objects) func aJSONObjectIsOne(text: String) throws {
        #expect(JSONText.members(of: Array(text.utf8).span) != nil)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
    }

    @Test(arguments: others) func anythingElseIsNone(text: String) {
        #expect(JSONText.members(of: Array(text.utf8).span) == nil)
    }

    // Separate from the other cases, because a test prints its arguments.
    @Test func aHundredThousandOpenBracketsAreNone() {
        let text = "{\"a\":" + String(repeating: "[", count: 100_000)
        #expect(JSONText.members(of: Array(text.utf8).span) == nil)
    }

    @Test func textThatIsNotUTF8IsNoJSON() {
        let text = Array("{\"a\":\"".utf8) + [0xff] + Array("\"}".utf8)
        #expect(JSONText.members(of: text.span) == nil)
    }
}
