import Foundation
import Testing

/// The commands on traces that the program of commit e22bbf2 has written.
@Suite struct VersionOneTests {
    static let names = ["everything", "failures", "limited", "served", "stale"]

    /// A folder with the trace in it.
    private func folder(_ name: String) throws -> (folder: Folder, trace: String) {
        let inputs = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../TraceTests/Inputs/version-1/\(name).jsonl.gz")
        let folder = try Folder()
        try folder.write("\(name).jsonl.gz", Files.bytes(inputs.path(percentEncoded: false)))
        return (folder, "\(name).jsonl.gz")
    }

    @Test(
        "They are whole, have a summary and stories, and differ from each other", arguments: names)
    func shown(name: String) throws {
        let (folder, trace) = try folder(name)
        try folder.windtunnel("trace", "verify", trace).exits(0)
        let lines = try folder.lines(ofTrace: trace)
        let summary = try folder.windtunnel("trace", "show", trace).exits(0).output
        #expect(summary.contains(", version 0.1.0\n") && summary.contains(" ended: "))
        let requests = Set(
            lines.compactMap { $0.firstMatch(of: /"r":([0-9]+),"e":"end"/)?.output.1 })
        for request in requests.sorted().prefix(6) {
            let story = try folder.windtunnel("trace", "show", trace, "--request", String(request))
                .exits(0).output
            #expect(story.contains("ends: ") && !story.contains("not readable"), "\(story)")
        }
        let same = try folder.windtunnel("trace", "diff", trace, trace).exits(0)
        #expect(same.output == "no difference between the events\n")
        try folder.write("other.jsonl", (lines[...2] + lines[4...]).joined(separator: "\n") + "\n")
        let other = try folder.windtunnel("trace", "diff", trace, "other.jsonl").exits(6)
        #expect(other.output.hasPrefix("line 4 differs:\n  left, \(trace):\n    "))
        #expect(!other.output.contains("{"), "\(other.output)")
    }

    @Test("Flights are flown again and are the same; what was served cannot be", arguments: names)
    func replayed(name: String) throws {
        let (folder, trace) = try folder(name)
        let ending = try folder.windtunnel("replay", trace).exits(name == "served" ? 3 : 0)
        if name != "served" { #expect(ending.output.hasPrefix("the same flight: ")) }
    }
}
