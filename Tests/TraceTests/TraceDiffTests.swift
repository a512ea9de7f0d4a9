import Testing

@testable import Trace

@Suite struct TraceDiffTests {
    @Test func equalTracesHaveNoDifference() throws {
        let folder = try Folder()
        try writeTrace(folder.file("a"), requests: 9_000)
        try writeTrace(folder.file("b"), requests: 9_000)
        let outcome = try TraceDiff.firstDifference(folder.file("a"), folder.file("b"))
        #expect(outcome == TraceDiff.Comparison(headersDiffer: false, equalLines: 36_000))
    }

    @Test func theFirstDifferentLineIsGivenWithItsNumber() throws {
        let folder = try Folder()
        let header = sampleHeader.json + "\n"
        let one = try folder.file("a", header + "{\"t\":1}\n{\"t\":2}\n{\"t\":9}\n")
        let other = try folder.file("b", header + "{\"t\":1}\n{\"t\":3}\n{\"t\":8}\n")
        let outcome = try TraceDiff.firstDifference(one, other)
        #expect(outcome.equalLines == 1)
        #expect(outcome.difference?.line == 3)
        #expect(outcome.difference?.left == "{\"t\":2}")
        #expect(outcome.difference?.right == "{\"t\":3}")
    }

    @Test func aTraceThatEndsEarlierDiffersThere() throws {
        let folder = try Folder()
        try writeTrace(folder.file("a"), requests: 2)
        try writeTrace(folder.file("b"), requests: 1)
        let first = try TraceDiff.firstDifference(folder.file("a"), folder.file("b"))
        #expect(first.difference?.line == 6)
        #expect(first.difference?.left?.hasPrefix("{\"t\":1234567,\"e\":\"request\"") == true)
        #expect(first.difference?.right == nil)
        let second = try TraceDiff.firstDifference(folder.file("b"), folder.file("a"))
        #expect(second.difference?.left == nil)
        #expect(second.difference?.right == first.difference?.left)
    }

    @Test func headersAreComparedApart() throws {
        let folder = try Folder()
        try writeTrace(folder.file("a"), requests: 2)
        var header = sampleHeader
        header.seed = 7
        try writeTrace(folder.file("b"), requests: 2, header: header)
        let outcome = try TraceDiff.firstDifference(folder.file("a"), folder.file("b"))
        #expect(outcome == TraceDiff.Comparison(headersDiffer: true, equalLines: 8))
    }

    @Test func aCutTraceIsAnErrorOnlyWhereNothingDiffersBefore() throws {
        let folder = try Folder()
        let header = sampleHeader.json + "\n"
        let cut = try folder.file("a", header + "{\"t\":1}\n{\"t\":2}")
        let same = try folder.file("b", header + "{\"t\":1}\n{\"t\":2}\n")
        let different = try folder.file("c", header + "{\"t\":0}\n")
        let error = #expect(throws: TraceError.self) { try TraceDiff.firstDifference(cut, same) }
        #expect(error?.code == .truncated)
        #expect(error?.path == cut)
        #expect(try TraceDiff.firstDifference(cut, different).difference?.line == 2)
    }

    @Test func aFileWithoutAHeaderIsNoTrace() throws {
        let folder = try Folder()
        let path = try folder.file("a", "{\"t\":1}\n")
        let error = #expect(throws: TraceError.self) { try TraceDiff.firstDifference(path, path) }
        #expect(error?.code == .notTrace)
    }
}
