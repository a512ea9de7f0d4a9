import Foundation
import Testing

/// `dev/run-tests`, which `dev/test` calls, with a program in place of `swift` that plays back what is given.
@Suite("The report of the tests") struct TestReportTests {
    /// What one call of `swift test` prints, streams and ends with.
    private struct Playback {
        var output = "◇ Test run started.\n"
        var events: [String] = []
        var code = 0
    }

    private static let test = """
        echo "$@" >>calls
        part=first
        while (($# > 0)); do
            case $1 in
                --event-stream-output-path) events=$2 ;;
                --no-parallel) part=second ;;
            esac
            shift
        done
        cat $part.output
        cat $part.events >"$events"
        exit "$(<$part.code)"
        """

    private func folder(_ first: Playback, _ second: Playback = Playback()) throws -> Folder {
        let folder = try Folder()
        let here = URL(filePath: #filePath).deletingLastPathComponent()
        for name in ["dev", "bin"] { try folder.makeFolder(name) }
        for name in ["run-tests", "test-report.awk"] {
            let path = here.appending(path: "../../dev/\(name)").path
            try folder.write("dev/\(name)", Files.bytes(path))
        }
        // `swift test` is then bash, which runs the script `test`. A program that was just written cannot
        // always be started: a process that another test starts meanwhile may still have it open.
        try folder.link("bin/swift", to: "/bin/bash")
        try folder.write("test", Self.test)
        for (name, part) in [("first", first), ("second", second)] {
            try folder.write("\(name).output", part.output)
            try folder.write("\(name).events", part.events.map { $0 + "\n" }.joined())
            try folder.write("\(name).code", "\(part.code)")
        }
        return folder
    }

    private func report(
        _ folder: Folder, exits code: Int32, _ arguments: String...
    ) throws -> [String] {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let ending = try Windtunnel(
            program: "/bin/bash", ["dev/run-tests"] + arguments, in: folder
        ).environment("PATH", folder.path("bin") + ":" + path).exits(code)
        #expect(ending.error == "")
        return ending.output.split(separator: "\n").map(String.init)
    }

    // MARK: - The stream

    private static func test(_ suite: String, _ name: String, _ more: String = "") -> String {
        #"{"kind":"test","payload":{\#(more)"id":"\#(suite)\/\#(name)\/A.swift:1:2","#
            + #""kind":"function","name":"\#(name)"},"version":0}"#
    }

    private static func event(
        _ kind: String, _ id: String, at seconds: Double = 1, _ symbol: String = "default",
        _ more: String = "", text: String = ""
    ) -> String {
        #"{"kind":"event","payload":{\#(more)"instant":{"absolute":\#(seconds),"since1970":9},"#
            + #""kind":"\#(kind)","messages":[{"symbol":"\#(symbol)","text":"\#(text)"}],"#
            + #""testID":"\#(id)"},"version":0}"#
    }

    /// A test that runs from second 1 to second 3.
    private static func run(
        _ suite: String, _ name: String, _ symbol: String, _ issues: [String] = []
    ) -> [String] {
        let id = #"\#(suite)\/\#(name)\/A.swift:1:2"#
        return [event("testStarted", id)] + issues
            + [event("testEnded", id, at: 3, symbol), event("testEnded", suite, at: 3, symbol)]
    }

    // MARK: - The rules

    @Test func `one line a suite, then the failures and the sum of both runs`() throws {
        let cases =
            #""_testCases":[{"displayName":"\"a\/b\"","id":"Parameterized"}],"displayName":"reads \"x\"","#
        let place =
            #""_sourceLocation":{"_filePath":"\/p\/A.swift","line":7},"_testCase":{"displayName":"\"a\/b\"","id":"P"},"isKnown":false,"#
        let name = #"`what a\/b is`(text:)"#
        let issue = Self.event(
            "issueRecorded", #"M.Reading\/\#(name)\/A.swift:1:2"#, "fail", place,
            text: #"Expectation failed: \"x\"\n== 1"#)
        let arguments = String(repeating: "7, ", count: 40_000)
        let first = Playback(
            output: "◇ Test run started.\n◇ Test case passing 1 argument text → [\(arguments)\n",
            events: [
                Self.test("M.Reading", name, cases), Self.test("M.Writing", "plain()"),
                Self.test("M.Writing", "off()"),
                #"{"kind":"test","payload":{"id":"M.Reading","kind":"suite"}}"#,
            ] + Self.run("M.Reading", name, "fail", [issue, issue, issue, issue, issue])
                + [Self.event("testSkipped", #"M.Writing\/off()\/A.swift:1:2"#)]
                + Self.run("M.Writing", "plain()", "passWithKnownIssue"), code: 70)
        let second = Playback(
            events: [Self.test("N.Sockets", "open()")] + Self.run("N.Sockets", "open()", "pass"))
        let folder = try folder(first, second)
        let lines = try report(folder, exits: 70)
        let log = try #require(lines[0].split(separator: " ").last.map(String.init))
        let failure = #"    /p/A.swift:7: with "a/b": Expectation failed: "x" == 1"#
        #expect(
            lines.dropFirst() == [
                "FAILED    1 test      2.000 s  M.Reading",
                "passed    2 tests     2.000 s  M.Writing",
                "passed    1 test      2.000 s  N.Sockets",
                "Failures:", #"M.Reading: reads "x""#, failure, failure, failure, "    and 2 more",
                "Everything that was printed: \(log)", "2 passed, 1 failed, 1 skipped",
            ])
        let written = String(decoding: try folder.bytes(of: log), as: UTF8.self)
        #expect(written == first.output + second.output)
    }

    @Test func `arguments go to swift test, which then runs once`() throws {
        let folder = try folder(
            Playback(events: [Self.test("M.A", "b()")] + Self.run("M.A", "b()", "pass")))
        #expect(try report(folder, exits: 0, "--filter", "M.A").last == "1 passed, 0 failed")
        let calls = String(decoding: try folder.bytes(of: "calls"), as: UTF8.self)
        #expect(calls.split(separator: "\n").map { $0.hasSuffix(" --filter M.A") } == [true])
    }

    @Test func `a run in which no test ran is not green`() throws {
        let lines = try report(try folder(Playback()), exits: 1, "--filter", "M.Nothing")
        #expect(lines.contains("No test ran."))
        #expect(lines.last == "0 passed, 0 failed")
    }

    @Test func `the compiler's errors are shown once, and nothing is run`() throws {
        let error = "/p/Sources/A.swift:3:7: error: cannot find 'x' in scope"
        let output =
            "[1/2] Compiling A.swift\n\(error)\n 3 | let y = x\n\(error)\nerror: fatalError\n"
        let folder = try folder(Playback(output: output, code: 1))
        let lines = try report(folder, exits: 1)
        #expect(lines.filter { $0.contains("error: ") } == [error, "error: fatalError"])
        #expect(lines.last == "0 passed, 0 failed")
        let calls = String(decoding: try folder.bytes(of: "calls"), as: UTF8.self)
        #expect(calls.split(separator: "\n").count == 1)
    }

    @Test func `a test that a crash cut off has failed`() throws {
        let id = #"M.A\/b()\/A.swift:1:2"#
        let first = Playback(
            output: "◇ Test run started.\nerror: Exited with unexpected signal code 11\n",
            events: [Self.test("M.A", "b()"), Self.event("testStarted", id)], code: 1)
        let second = Playback(
            events: [Self.test("N.C", "d()"), Self.event("runStarted", "")]
                + Self.run("N.C", "d()", "pass"))
        let lines = try report(try folder(first, second), exits: 1)
        #expect(lines.contains("error: Exited with unexpected signal code 11"))
        #expect(lines.contains { $0.hasPrefix("    did not end: ") })
        #expect(lines.last == "1 passed, 1 failed")
    }
}
