import Foundation
import Glibc
import Testing

@testable import Trace

@Suite struct TraceWriterTests {
    @Test func whatWasWrittenIsRead() throws {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        let result = try writeTrace(path, requests: 3)
        let (lines, error) = readAll(path)
        #expect(error == nil)
        #expect(lines.count == 14)
        #expect(lines.first == sampleHeader.json)
        #expect(lines[1] == #"{"t":0,"e":"request","r":0,"m":"GET","p":"/v1/users/0"}"#)
        let footer = "{\"end\":1,\"lines\":12,\"digest\":\"\(result.digest)\",\"requests\":3}"
        #expect(lines.last == footer)
        #expect(result.lines == 12)
        let size = lines[1..<13].reduce(0) { $0 + $1.utf8.count + 1 }
        #expect(result.bytesUncompressed == UInt64(size))
        #expect(try result.bytesCompressed == UInt64(bytes(of: path).count))
    }

    @Test func theDigestIsThatOfTheEventLines() throws {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        let result = try writeTrace(path, requests: 20_000)
        let (status, output) = try run(
            "sh", "-c", #"zcat "$0" | sed -e 1d -e '$d' | sha256sum"#, path)
        #expect(status == 0)
        #expect(output == result.digest + "  -\n")
        #expect(try TraceVerifier.verify(path) == .whole(digest: result.digest, lines: 80_000))
    }

    @Test func gzipFindsTheFileWhole() throws {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        try writeTrace(path, requests: 20_000)
        #expect(try run("gzip", "-t", path).status == 0)
    }

    @Test(.enabled("needs python3") { try run("python3", "-c", "pass").status == 0 })
    func pythonReadsEveryLineAsJSON() throws {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        let result = try writeTrace(path, requests: 1_000)
        let script = """
            import gzip, hashlib, json, sys
            lines = list(gzip.open(sys.argv[1]))
            objects = [json.loads(line) for line in lines]
            assert objects[0]["seed"] == "18446744073709551615"
            assert objects[-1]["lines"] == len(lines) - 2
            print(hashlib.sha256(b"".join(lines[1:-1])).hexdigest())
            """
        let (status, output) = try run("python3", "-c", script, path)
        #expect(status == 0)
        #expect(output == result.digest + "\n")
    }

    @Test func theFileIsAFunctionOfTheLinesAndNotOfHowTheyWereHandedOver() throws {
        let folder = try Folder()
        var files: [[UInt8]] = []
        for step in [1, 7, 1_000, 100_000] {
            let path = folder.file("\(step)")
            let writer = try TraceWriter(path: path, header: sampleHeader.json)
            var lines = LineBuffer(capacity: 100)
            for number in 0..<12_000 {
                lines.addRequest(number)
                if number % step == 0 { writer.write(&lines) }
            }
            writer.write(&lines)
            try writer.finish { TraceFooter(lines: $1, digest: $0).json }
            files.append(try bytes(of: path))
        }
        #expect(Set(files).count == 1)
        #expect(Array(files[0].prefix(10)) == [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3])
    }

    @Test func withoutAFileTheDigestIsTheSame() throws {
        let folder = try Folder()
        let written = try writeTrace(folder.file("trace.jsonl.gz"), requests: 100)
        let unwritten = try writeTrace(nil, requests: 100)
        #expect(unwritten.digest == written.digest)
        #expect(unwritten.lines == 400)
        #expect(unwritten.bytesUncompressed == written.bytesUncompressed)
        #expect(unwritten.bytesCompressed == 0)
    }

    @Test func aTraceWithoutALineHasTheDigestOfNothing() throws {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(try writeTrace(path, requests: 0).digest == nothing)
        #expect(try TraceVerifier.verify(path) == .whole(digest: nothing, lines: 0))
    }

    @Test func aSelectionHasTheDigestOfTheWholeStreamAndItsOwn() throws {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        for hasFile in [true, false] {
            let writer = try TraceWriter(path: hasFile ? path : nil, header: sampleHeader.json)
            var stream = LineBuffer()
            var chosen = LineBuffer()
            for number in 0..<10 { stream.addRequest(number) }
            writer.write(&stream)
            for number in 10..<100 {
                stream.addRequest(number)
                writer.digest(&stream)
                if number % 20 == 0 {
                    chosen.addRequest(number)
                    writer.store(&chosen)
                }
            }
            let result = try writer.finish { TraceFooter(lines: $1, digest: $0).json }
            #expect(try result.digest == writeTrace(nil, requests: 100).digest)
            #expect(result.lines == 400)
        }
        let whole = try writeTrace(nil, requests: 100).digest
        let verdict = try TraceVerifier.verify(path)
        #expect(verdict == .selection(digest: whole, lines: 400, written: 56))
        let (lines, _) = readAll(path)
        let footer = try TraceFooter(line: Array(try #require(lines.last).utf8), path: path)
        #expect(footer.written?.lines == 56)
        let events = lines.dropFirst().dropLast().map { $0 + "\n" }.joined()
        let plain = try folder.file("events", events)
        #expect(try run("sha256sum", plain).output.prefix(64) == footer.written?.digest ?? "")
    }

    // MARK: - Failures

    @Test func aFullDiskIsReported() throws {
        let error = #expect(throws: TraceError.self) {
            try writeTrace("/dev/full", requests: 10)
        }
        #expect(error?.code == .writeFailed)
        #expect(error?.path == "/dev/full")
        #expect(error?.message.contains("No space left on device") == true)
    }

    @Test func aWriteThatFailsLaterIsReportedByFinish() throws {
        var ends: [Int32] = [-1, -1]
        #expect(unsafe pipe(&ends) == 0)
        defer { close(ends[1]) }
        let path = "/dev/fd/\(ends[1])"
        let writer = try TraceWriter(path: path, header: sampleHeader.json)
        // From here on a write fails with EPIPE; its signal must not end the process.
        close(ends[0])
        var lines = LineBuffer()
        for number in 0..<20_000 {
            lines.addRequest(number)
            if lines.isFull { writer.write(&lines) }
        }
        writer.write(&lines)
        var seen: (digest: String, lines: UInt64)?
        let error = #expect(throws: TraceError.self) {
            try writer.finish { digest, lines in
                seen = (digest, lines)
                return "{}"
            }
        }
        #expect(error?.code == .writeFailed)
        #expect(error?.path == path)
        #expect(error?.message.contains("Broken pipe") == true)
        #expect(seen?.lines == 80_000)
        #expect(try seen?.digest == writeTrace(nil, requests: 20_000).digest)
    }

    static let unwritable: [(path: String, code: TraceError.Code)] = [
        ("/no/such/folder/trace.jsonl.gz", .openFailed), ("/tmp", .isDirectory), ("", .openFailed),
        ("/tmp/a\0b", .openFailed),
    ]

    @Test(arguments: unwritable)
    func aPathThatCannotBeWrittenIsNamed(path: String, code: TraceError.Code) throws {
        let error = #expect(throws: TraceError.self) { try writeTrace(path, requests: 1) }
        #expect(error?.code == code)
        #expect(error?.path == path)
    }

    @Test(arguments: ["", "[]", "{", "{}{}", "{\"a\":1,}", "{\n}", "{\"a\":\"\u{1}\"}"])
    func aHeaderOrFooterThatIsNotOneObjectIsRefused(text: String) throws {
        let header = #expect(throws: TraceError.self) { try TraceWriter(path: nil, header: text) }
        #expect(header?.code == .malformed)
        let writer = try TraceWriter(path: nil, header: "{}")
        let footer = #expect(throws: TraceError.self) { try writer.finish { _, _ in text } }
        #expect(footer?.code == .malformed)
    }

    @Test func aTraceIsFinishedOnce() throws {
        let writer = try TraceWriter(path: nil, header: "{}")
        try writer.finish { _, _ in "{}" }
        let error = #expect(throws: TraceError.self) { try writer.finish { _, _ in "{}" } }
        #expect(error?.code == .finished)
    }

    @Test func aWriterThatIsDroppedLeavesAllButTheLastBlock() throws {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        var written = 0
        do {
            let writer = try TraceWriter(path: path, header: sampleHeader.json)
            var lines = LineBuffer()
            for number in 0..<20_000 { lines.addRequest(number) }
            written = lines.count
            writer.write(&lines)
        }
        let (lines, error) = readAll(path)
        #expect(error?.code == .truncated)
        #expect(error?.line == UInt64(lines.count + 1))
        let bytesRead = lines.dropFirst().reduce(0) { $0 + $1.utf8.count + 1 }
        #expect(bytesRead > written - GzipFile.flushInterval - 100)
        #expect(written > 3 * GzipFile.flushInterval)
        guard case .cut(let count, _) = try TraceVerifier.verify(path) else {
            Issue.record("not cut")
            return
        }
        #expect(count == UInt64(lines.count - 1))
    }

    @Test func theHeaderIsOnTheDiskBeforeTheFirstLine() throws {
        let folder = try Folder()
        let path = folder.file("trace.jsonl.gz")
        let writer = try TraceWriter(path: path, header: sampleHeader.json)
        #expect(readAll(path).lines == [sampleHeader.json])
        try writer.finish { TraceFooter(lines: $1, digest: $0).json }
    }

    @Test func writersAreDroppedWithoutALeak() throws {
        func descriptors() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        }
        let folder = try Folder()
        let before = try descriptors()
        for number in 0..<200 {
            let writer = try TraceWriter(path: folder.file("\(number % 2)"), header: "{}")
            if number % 3 == 0 {
                var lines = LineBuffer(capacity: 1)
                lines.addRequest(number)
                writer.write(&lines)
            }
        }
        // Other tests have descriptors open at the same time.
        #expect(try descriptors() < before + 100)
    }

    @Test(.timeLimit(.minutes(1)))
    func memoryStaysBoundedWhenTheThreadIsSlowerThanTheCaller() throws {
        func peak() throws -> Int {
            let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
            return try #require(Int(line.split(separator: " ").dropLast().last ?? "")) * 1_024
        }
        let folder = try Folder()
        var chunk = LineBuffer()
        while !chunk.isFull { chunk.addRequest(12_345) }
        let before = try peak()
        let writer = try TraceWriter(path: folder.file("trace.jsonl.gz"), header: "{}")
        var lines = LineBuffer()
        for _ in 0..<800 {
            lines.append(chunk)
            writer.write(&lines)
        }
        let result = try writer.finish { TraceFooter(lines: $1, digest: $0).json }
        #expect(result.bytesUncompressed > 200_000_000)
        // Two megabytes are chunks; the rest is memory that other tests use at the same time.
        #expect(try peak() - before < 120_000_000)
    }
}
