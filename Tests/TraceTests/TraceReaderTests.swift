import Foundation
import Testing

@testable import Trace

@Suite struct TraceReaderTests {
    @Test func aPlainFileIsReadWhateverItsName() throws {
        let folder = try Folder()
        let path = try folder.file("trace.gz", "{\"a\":1}\n\n{\"b\":2}\n")
        let (lines, error) = readAll(path)
        #expect(lines == [#"{"a":1}"#, "", #"{"b":2}"#])
        #expect(error == nil)
    }

    @Test func aLineWithoutItsBreakIsCut() throws {
        let folder = try Folder()
        let (lines, error) = readAll(try folder.file("a", "{\"a\":1}\n{\"b\":2}"))
        #expect(lines == [#"{"a":1}"#])
        #expect(error?.code == .truncated)
        #expect(error?.line == 2)
        #expect(error?.byte == 15)
    }

    static let refused: [(bytes: [UInt8], code: TraceError.Code)] = [
        ([], .empty), (Array("hello\n".utf8), .notTrace), ([0x1f], .truncated),
        ([0x1f, 0x8b], .truncated), ([0x1f, 0x8c, 8], .notTrace), ([0x1f, 0x8b, 9, 0], .corrupt),
        ([0x50, 0x4b, 3, 4], .notTrace),
    ]

    @Test(arguments: refused)
    func aFileThatIsNoTraceIsRefused(bytes: [UInt8], code: TraceError.Code) throws {
        let folder = try Folder()
        let path = try folder.file("a", bytes)
        let (lines, error) = readAll(path)
        #expect(lines.isEmpty)
        #expect(error?.code == code)
        #expect(error?.path == path)
        #expect(error?.description.hasPrefix(path + ": ") == true)
    }

    @Test func aFolderAndAMissingFileAreTold() throws {
        #expect(readAll("/tmp").error?.code == .isDirectory)
        let missing = readAll("/no/such/file").error
        #expect(missing?.code == .openFailed)
        let text = "/no/such/file: cannot be opened: No such file or directory"
        #expect(missing?.description == text)
    }

    @Test func bytesBehindTheEndAreReportedAfterTheLastLine() throws {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        try writeTrace(path, requests: 2)
        let whole = try bytes(of: path)
        for garbage in [[0], [0x1f], whole] as [[UInt8]] {
            let (lines, error) = readAll(try folder.file("b", whole + garbage))
            #expect(lines.count == 10)
            #expect(error?.code == .trailingGarbage)
            #expect(error?.byte == UInt64(whole.count))
        }
    }

    @Test func aDamagedFileGivesTheLinesBeforeTheDamage() throws {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        try writeTrace(path, requests: 20_000)
        var damaged = try bytes(of: path)
        // Damages the checksum in the gzip footer: all lines are read before the damage is found.
        damaged[damaged.count - 8] ^= 1
        let (lines, error) = readAll(try folder.file("b", damaged))
        #expect(lines.count == 80_002)
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("incorrect data check") == true)
    }

    @Test func aLineAtTheLimitIsReadAndALongerOneIsNot() throws {
        let folder = try Folder()
        let filler = [UInt8](repeating: UInt8(ascii: "{"), count: TraceReader.lineLengthMax)
        let path = try folder.file("a", filler + [0x0a] + filler + [0x7b, 0x0a])
        var reader = try TraceReader(path: path)
        #expect(try reader.next()?.count == TraceReader.lineLengthMax)
        let error = #expect(throws: TraceError.self) { try next(&reader) }
        #expect(error?.code == .lineTooLong)
        #expect(error?.line == 2)
        // A second call throws the same error and does not deliver more of the line.
        let again = #expect(throws: TraceError.self) { try next(&reader) }
        #expect(again == error)
    }

    private func next(_ reader: inout TraceReader) throws -> [UInt8]? { try reader.next() }

    @Test func aHeaderIsReadBack() throws {
        let header = TraceHeader(
            version: "1.2 \"x\" \u{e9}", seed: .max, mode: "wire",
            scenario: #"{"name":"a\nb","faults":[{"at":1}]}"#)
        #expect(try TraceHeader(line: Array(header.json.utf8), path: "a") == header)
        #expect(
            sampleHeader.json == """
                {"trace":1,"version":"1.0","seed":"18446744073709551615","mode":"simulated",\
                "scenario":{"name":"A test"}}
                """)
    }

    static let wrongHeaders: [(line: String, code: TraceError.Code)] = [
        (#"{"trace":2,"version":"1"}"#, .notTrace), (#"{"t":1}"#, .notTrace),
        (#"{"trace":1,"version":"1","seed":"1","mode":"wire"}"#, .malformed),
        (#"{"trace":1,"version":"1","seed":1,"mode":"wire","scenario":{}}"#, .malformed),
        (#"{"trace":1,"version":"1","seed":"-1","mode":"wire","scenario":{}}"#, .malformed),
        (#"{"trace":1,"version":"1","seed":"1","mode":"wire","scenario":[]}"#, .malformed),
        (#"{"trace":1,"version":"1","seed":"1","mode":"wire","scenario":{}"#, .malformed),
    ]

    @Test(arguments: wrongHeaders)
    func aHeaderThatLacksSomethingIsRefused(line: String, code: TraceError.Code) throws {
        let error = #expect(throws: TraceError.self) {
            try TraceHeader(line: Array(line.utf8), path: "a")
        }
        #expect(error?.code == code)
    }

    @Test func aFooterIsReadBack() throws {
        let footer = TraceFooter(lines: .max, digest: "ab", counts: [("z \"", 1), ("a", .min)])
        let text =
            #"{"end":1,"lines":18446744073709551615,"digest":"ab","#
            + #""z \"":1,"a":-9223372036854775808}"#
        #expect(footer.json == text)
        let read = try TraceFooter(line: Array(text.utf8), path: "a")
        #expect(read.json == text)
    }
}
