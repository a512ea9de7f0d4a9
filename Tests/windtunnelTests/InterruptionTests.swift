import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Flights that are stopped by a signal.
@Suite struct InterruptionTests {
    private static let trace = "reports/a/simulated/1/trace.jsonl.gz"

    /// Starts a flight without end and sends a signal when the trace has the given size.
    private func stop(
        _ folder: Folder, with signal: Int32, after bytes: Int = 50_000, _ flags: String...
    ) throws -> Ending {
        try folder.write("a.yaml", Scenarios.endless)
        return try Windtunnel(["run", "a.yaml", "--quiet", "--seed", "1"] + flags, in: folder)
            .run { child, _ in
                try child.waitUntil(within: 30, "a trace that grows") {
                    folder.size(of: Self.trace) > bytes
                }
                child.send(signal)
            }
    }

    @Test(
        "Ctrl-C and a polite kill close the trace, keep what was flown and say 130",
        arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) throws {
        let folder = try Folder()
        let ending = try stop(folder, with: signal)
        #expect(ending.status.exitCode == 130)
        #expect(ending.error.isEmpty)
        #expect(ending.output.contains("interrupted"))
        #expect(ending.output.contains("0 passed, 0 failed, 1 inconclusive (1 interrupted)"))
        let verified = try folder.windtunnel("trace", "verify", Self.trace).exits(0)
        #expect(verified.output.hasPrefix("\(Self.trace): whole, "))
        let lines = try folder.lines(ofTrace: Self.trace)
        let footer = try #require(lines.last)
        #expect(footer.hasPrefix(#"{"end":1,"#) && footer.contains(#""interrupted":1"#))
        #expect(verified.output.contains(" \(lines.count - 2) events,"))
        let overview = try folder.windtunnel("trace", "show", Self.trace).exits(0)
        #expect(overview.output.contains("events; interrupted\n"))
        let scenario = try folder.document("reports/a/simulated/1/summary.json")["scenario"]
        let summary = try #require(scenario as? [String: Any])
        #expect(summary["interrupted"] as? Bool == true)
        #expect(summary["verdict"] as? String == "inconclusive")
    }

    @Test("An interruption tells itself in the JSON document too, and is no verdict")
    func interruptedJSON() throws {
        let folder = try Folder()
        let ending = try stop(folder, with: SIGINT, after: 0, "--json")
        #expect(ending.status.exitCode == 130)
        #expect(try ending.document()["verdict"] as? String == "inconclusive")
        #expect(try ending.flights().map { $0["interrupted"] as? Bool } == [true])
    }

    @Test("After kill -9 all but the last block of the trace reads, and it is called cut")
    func killed() throws {
        let folder = try Folder()
        // The summary of an earlier flight must not look like this flight's.
        try folder.write("reports/a/simulated/1/summary.json", "{}")
        let ending = try stop(folder, with: SIGKILL, after: 400_000)
        #expect(ending.status.signal == SIGKILL)
        #expect(!folder.has("reports/a/simulated/1/summary.json"))

        let verified = try folder.windtunnel("trace", "verify", Self.trace).exits(4)
        let events = try #require(
            verified.output.firstMatch(of: /: cut after ([0-9]+) events:/)?.output.1)
        let overview = try folder.windtunnel("trace", "show", Self.trace).exits(0)
        #expect(
            overview.error == "note: \(Self.trace) is cut; only the part before the cut is shown\n")
        let story = try folder.windtunnel("trace", "show", Self.trace, "--request", "0").exits(0)
        #expect(story.output.contains("ends: ok"))

        // A block is 1 MiB of lines, here less than 150 kB of the file; the last may not be whole.
        let lines = try folder.lines(ofTrace: Self.trace)
        let bytes = lines.reduce(0) { $0 + $1.utf8.count + 1 }
        #expect(bytes >= 2 << 20)
        #expect(abs(try #require(Int(events)) - (lines.count - 1)) <= 1)

        let again = try folder.windtunnel("replay", Self.trace, "--out", "r").run { child, _ in
            // It flies what the header says: without end.
            try child.waitUntil(within: 30, "its own trace") {
                folder.size(of: "r/replay/\(Self.trace)") > 100_000
            }
            child.send(SIGINT)
        }
        #expect(again.status.exitCode == 130)
    }

    @Test("What an interruption keeps from flying is not reported as flown")
    func waiting() throws {
        let folder = try Folder()
        try folder.write("a.yaml", Scenarios.endless)
        let ending = try folder.windtunnel("run", "a.yaml", "--seeds", "1..40", "--quiet").run {
            child, _ in
            try child.waitUntil(within: 30, "a trace") { folder.size(of: Self.trace) > 0 }
            child.send(SIGINT)
        }
        #expect(ending.status.exitCode == 130)
        #expect(!ending.output.contains("seeds together"))
        let flown = ending.output.split(separator: "\n").filter { $0.hasPrefix("Endless") }
        #expect(flown.count >= 1 && flown.count < 40)
    }
}
