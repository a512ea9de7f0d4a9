import Testing

/// `replay`: a trace holds everything that is needed to fly it again.
@Suite struct ReplayTests {
    /// Flies a scenario with everything that changes it, in `flown`.
    private func fly(_ mode: String = "full") throws -> (
        folder: Folder, trace: String, digest: String
    ) {
        let folder = try Folder([
            "flown/in/a.yaml": Scenarios.noisy, "flown/calm.yaml": "client:\n  max_retries: 1\n",
        ])
        try folder.makeFolder("elsewhere")
        let call =
            "cd flown && exec \"$0\" run in/a.yaml --client calm.yaml --set load.0.rate=50/s "
            + "--set client.retry_base_delay_ms=70 --duration 30s --seed 11 --json --trace \(mode)"
        let ending = try Windtunnel(program: "sh", ["-c", call, Binary.path], in: folder).exits(0)
        let digest = try #require(ending.digests().first)
        return (folder, "flown/reports/in/a/simulated/11-calm/trace.jsonl.gz", digest)
    }

    @Test(
        "The flight is the same, from another folder, without the files it was flown from",
        arguments: ["full", "failures"])
    func same(mode: String) throws {
        let (folder, trace, digest) = try fly(mode)
        let call =
            "rm -r flown/in flown/calm.yaml && cd elsewhere && exec \"$0\" replay ../\(trace)"
        let ending = try Windtunnel(program: "sh", ["-c", call, Binary.path], in: folder).exits(0)
        #expect(ending.output.contains(#/^the same flight: [0-9]+ events, digest /#))
        #expect(ending.output.hasSuffix("digest \(digest)\n"))
        #expect(ending.error.isEmpty)
        let again = "elsewhere/reports/replay/up/\(trace)"
        #expect(try folder.lines(ofTrace: again) == folder.lines(ofTrace: trace))
    }

    @Test("The trace that is replayed stays what it was, also when it is itself a replay's")
    func originalStays() throws {
        let (folder, trace, _) = try fly()
        let before = try folder.bytes(of: trace)
        try folder.windtunnel("replay", trace).exits(0)
        #expect(try folder.bytes(of: trace) == before)
        let second = "reports/replay/\(trace)"
        try folder.windtunnel("replay", second).exits(0)
        #expect(folder.has("reports/replay/replay/\(trace)"))
        try folder.link("loop/replay", to: folder.path("."))
        let refusal = try folder.windtunnel("replay", trace, "--out", "loop").exits(3)
        #expect(refusal.error.hasSuffix("is the trace itself; name another folder with --out\n"))
        #expect(try folder.bytes(of: trace) == before)
    }

    /// A change to a trace's text, and the message that must follow.
    struct Change: Sendable, CustomTestStringConvertible {
        let name: String
        let mode: String
        let code: Int32
        let output: String
        let change: @Sendable (inout [String]) -> Void
        var testDescription: String { "\(name), \(mode)" }
    }

    static let changes = ["full", "failures"].flatMap { mode in
        [
            Change(
                name: "seed", mode: mode, code: 6, output: "not the same flight: line 2 differs:\n"
            ) {
                $0[0] = $0[0].replacing("\"seed\":\"11\"", with: "\"seed\":\"12\"")
            },
            Change(name: "scenario", mode: mode, code: 6, output: "not the same flight: line ") {
                $0[0] = $0[0].replacing("1/20", with: "1/10").replacing("5%", with: "10%")
            },
            Change(
                name: "event", mode: mode, code: 6, output: "not the same flight: line 4 differs:\n"
            ) {
                $0[3] = $0[3].replacing("{\"t\":", with: "{\"t\":1")
            },
            Change(name: "cut", mode: mode, code: 0, output: "the same as far as the trace goes\n")
            {
                $0.removeLast(5)
            },
            Change(
                name: "footer", mode: mode, code: 4, output: "the same as far as the trace goes\n"
            ) {
                let last = $0.count - 1
                $0[last] = $0[last].replacing("digest\":\"", with: "digest\":\"0")
            },
        ]
    }

    @Test("A trace that was changed does not pass for the flight it was", arguments: changes)
    func changed(_ change: Change) throws {
        let (folder, trace, _) = try fly(change.mode)
        var lines = try folder.lines(ofTrace: trace)
        let before = lines
        change.change(&lines)
        try #require(lines != before)
        try folder.write("changed.jsonl", lines.joined(separator: "\n") + "\n")
        let ending = try folder.windtunnel("replay", "changed.jsonl").exits(change.code)
        #expect(ending.output.hasPrefix(change.output), "\(ending.output)")
    }

    @Test("A trace of another version that differs is no verdict; one that is the same passes")
    func otherVersion() throws {
        let (folder, trace, digest) = try fly()
        var lines = try folder.lines(ofTrace: trace)
        lines[0] = lines[0].replacing("\"version\":\"0.1.0\"", with: "\"version\":\"0.0.9\"")
        try folder.write("other.jsonl", lines.joined(separator: "\n") + "\n")
        let same = try folder.windtunnel("replay", "other.jsonl").exits(0)
        #expect(same.output.hasSuffix("digest \(digest)\n"))
        let note =
            "note: the trace was written by version 0.0.9, this is version 0.1.0; digests are "
            + "promised within one version only\n"
        #expect(same.error == note)
        lines[0] = lines[0].replacing("\"seed\":\"11\"", with: "\"seed\":\"12\"")
        try folder.write("other.jsonl", lines.joined(separator: "\n") + "\n")
        let different = try folder.windtunnel("replay", "other.jsonl").exits(5)
        #expect(different.error == note)
        #expect(
            different.output.hasPrefix(
                "flown again; no verdict, because version 0.0.9 wrote the trace and this is version "
                    + "0.1.0: line 2 differs:\n  left, other.jsonl:\n"))
        // Cut it is judged by its events, likewise; changed it is changed in any version.
        try folder.write("cut.jsonl", lines.dropLast().joined(separator: "\n") + "\n")
        try folder.windtunnel("replay", "cut.jsonl").exits(5)
        lines[3] = lines[3].replacing("{\"t\":", with: "{\"t\":1")
        try folder.write("changed.jsonl", lines.joined(separator: "\n") + "\n")
        try folder.windtunnel("replay", "changed.jsonl").exits(4)
    }

    @Test("A trace of another format is named as one")
    func otherFormat() throws {
        let (folder, trace, _) = try fly()
        var lines = try folder.lines(ofTrace: trace)
        lines[0] = lines[0].replacing("{\"trace\":1,", with: "{\"trace\":2,")
        try folder.write("other.jsonl", lines.joined(separator: "\n") + "\n")
        let ending = try folder.windtunnel("replay", "other.jsonl").exits(3)
        #expect(
            ending.error.contains("is a trace of format 2; this version reads format 1"))
    }

    @Test("A scenario in a header that is none is told with its place, exit code 2")
    func invalidHeader() throws {
        let (folder, trace, _) = try fly()
        var lines = try folder.lines(ofTrace: trace)
        lines[0] = lines[0].replacing("\"duration\":", with: "\"duratoin\":")
        try folder.write("changed.jsonl", lines.joined(separator: "\n") + "\n")
        let ending = try folder.windtunnel("replay", "changed.jsonl").exits(2)
        #expect(ending.error.contains("error: changed.jsonl (header):1:"))
        #expect(ending.error.contains("did you mean 'duration'?"))
    }

    @Test("A folder that cannot be made is an error")
    func unwritable() throws {
        let (folder, trace, _) = try fly()
        try folder.write("out", "")
        let ending = try folder.windtunnel("replay", trace, "--out", "out").exits(3)
        #expect(
            ending.error.hasPrefix("error: out: the folder cannot be created: a file is in the way")
        )
    }
}
