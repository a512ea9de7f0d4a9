import Testing

/// `trace show`, `verify` and `diff`.
@Suite struct TraceTests {
    private static let trace = "reports/a/simulated/1/trace.jsonl.gz"

    private func flown(_ text: String, _ flags: String...) throws -> Folder {
        let folder = try Folder(["a.yaml": text])
        _ = try Windtunnel(["run", "a.yaml", "--seed", "1", "--quiet"] + flags, in: folder).run()
        try #require(folder.has(Self.trace))
        return folder
    }

    @Test("An overview counts events and endings, and names the first requests that failed")
    func overview() throws {
        let folder = try flown(Scenarios.failing)
        let output = try folder.windtunnel("trace", "show", Self.trace).exits(0).output
        let lines = output.split(separator: "\n").map(String.init)
        #expect(lines[0] == "Failing, seed 1, simulated, version 0.1.0")
        let count = try folder.lines(ofTrace: Self.trace).count - 2
        #expect(lines[1].replacing(" ", with: "") == "\(count)events")
        #expect(lines.contains { $0.hasSuffix(" ended: ok") })
        let failed = try #require(lines.first { $0.contains("; the first: ") })
        let id = try #require(failed.firstMatch(of: /the first: ([0-9]+)/)?.output.1)
        let story = try folder.windtunnel("trace", "show", Self.trace, "--request", String(id))
            .exits(0)
        #expect(story.output.contains("ends: "))
    }

    @Test("A request's story tells attempts, waits with their bounds, and the end, in order")
    func story() throws {
        let fault = "{ sequence: { fail: 2, of: each_request }, status: 503 }"
        let text = Scenarios.passing
            .replacing("latency: 40ms", with: "latency: 40ms, faults: [\(fault)]")
            .replacing("minute: 0", with: "minute: 0, enable_circuit_breaker: false")
        let folder = try flown(text)
        let output = try folder.windtunnel("trace", "show", Self.trace, "--request", "3").exits(0)
            .output
        var rest = output[...]
        for part in [
            "request 3, seed 1, simulated\n", "+0.000 ms  GET /v1/users arrives at ",
            "attempt 1 is sent",
            "the upstream decides: 503 after 40.0 ms", "because of fault 1 (status 503)",
            "attempt 1 is answered: 503", "waits ", "(backoff); allowed ", "attempt 2 is sent",
            "attempt 3 is sent; the upstream decides: 200", "ends: ok",
        ] {
            let range = try #require(rest.firstRange(of: part), "no '\(part)' in\n\(output)")
            rest = rest[range.upperBound...]
        }
    }

    @Test("A request that a trace does not hold is an error that says so")
    func unknownRequest() throws {
        let folder = try flown(Scenarios.failing, "--trace", "failures")
        let ending = try folder.windtunnel("trace", "show", Self.trace, "--request", "99999").exits(
            3)
        #expect(ending.output.isEmpty)
        #expect(
            ending.error
                == "error: \(Self.trace): no request 99999 in this trace; it holds those that "
                + "failed (--trace failures)\n")
    }

    @Test("Whole, cut and changed traces are told apart; one bad file does not hide the others")
    func verify() throws {
        let folder = try flown(Scenarios.passing)
        let bytes = try folder.bytes(of: Self.trace)
        try folder.write("cut.gz", Array(bytes.dropLast(bytes.count / 2)))
        var flipped = bytes
        flipped[bytes.count / 2] ^= 1
        try folder.write("flipped.gz", flipped)
        let lines = try folder.lines(ofTrace: Self.trace)
        try folder.write("unpacked.jsonl", lines.joined(separator: "\n") + "\n")
        var changed = lines
        changed[5] = changed[5].replacing("/v1/users", with: "/v1/other").replacing(
            "200", with: "201")
        #expect(changed != lines)
        try folder.write("changed.jsonl", changed.joined(separator: "\n") + "\n")
        try folder.write("short.jsonl", lines.dropLast().joined(separator: "\n") + "\n")
        try folder.write("empty.gz", "")
        let files = [
            Self.trace, "cut.gz", "flipped.gz", "unpacked.jsonl", "changed.jsonl", "short.jsonl",
        ]
        let ending = try Windtunnel(["trace", "verify"] + files + ["empty.gz"], in: folder).exits(4)
        let words = zip(files, ending.output.split(separator: "\n")).map { file, line in
            String(line.dropFirst(file.count + 2).prefix { $0.isLetter })
        }
        #expect(words == ["whole", "cut", "changed", "whole", "changed", "cut"])
        let others = try folder.windtunnel("trace", "verify", "missing.gz", "cut.gz", Self.trace)
            .exits(3)
        #expect(others.error == "error: missing.gz: cannot be opened: No such file or directory\n")
        #expect(others.output.contains("cut.gz: cut") && others.output.contains(": whole"))
    }

    @Test("The first difference of two traces is shown with its line, exit code 6")
    func difference() throws {
        let folder = try flown(Scenarios.noisy)
        try folder.windtunnel("run", "a.yaml", "--seed", "2", "--quiet").exits(0)
        let other = "reports/a/simulated/2/trace.jsonl.gz"
        let ending = try folder.windtunnel("trace", "diff", Self.trace, other).exits(6)
        #expect(
            ending.output.contains(
                #/^line 2 differs:\n  left, reports/a/simulated/1/trace.jsonl.gz:\n    [0-9.]+ s, request 0: GET /#
            ))
        #expect(
            ending.output.contains(
                #/\n  right, reports/a/simulated/2/trace.jsonl.gz:\n    [0-9.]+ s, request 0: GET /#
            ))
        #expect(ending.output.contains(#/\n  field t: [0-9]+ on the left, [0-9]+ on the right\n/#))
        let lines = try folder.lines(ofTrace: Self.trace)
        let same = try folder.windtunnel("trace", "diff", Self.trace, Self.trace).exits(0)
        #expect(same.output == "no difference between the events\n")
        try folder.write("short.jsonl", lines.dropLast(2).joined(separator: "\n") + "\n")
        let shorter = try folder.windtunnel("trace", "diff", Self.trace, "short.jsonl").exits(6)
        #expect(shorter.output.hasSuffix("  right, short.jsonl:\n    (the events end)\n"))
    }

    @Test(
        "What is no trace is an error that says so",
        arguments: [
            (["trace", "show"], "text"), (["trace", "show"], "empty"),
            (["trace", "show"], "missing"),
            (["trace", "show"], "folder"), (["trace", "show"], "other.jsonl"),
            (["replay"], "text"), (["replay"], "folder"), (["replay"], "other.jsonl"),
            (["trace", "diff", "text"], "text"), (["trace", "show"], "header.jsonl"),
        ])
    func noTrace(command: [String], file: String) throws {
        let folder = try Folder([
            "text": "format: 1\n", "empty": "", "other.jsonl": "{\"a\":1}\n",
            "header.jsonl": "{\"trace\":1,\"seed\":-1}\n",
        ])
        try folder.makeFolder("folder")
        let ending = try Windtunnel(command + [file], in: folder).exits(3)
        #expect(ending.errorLines.count == 1)
        #expect(ending.error.hasPrefix("error: \(file): "))
        #expect(ending.output.isEmpty)
        #expect(!folder.has("reports"))
    }

    @Test("No number in a trace that somebody changed brings the program down")
    func hostileNumbers() throws {
        let folder = try flown(Scenarios.passing)
        let header = try #require(try folder.lines(ofTrace: Self.trace).first)
        let numbers = [
            "-9223372036854775808", "9223372036854775807", "-1", "1e999", "99999999999999999999",
        ]
        var lines = [header]
        for number in numbers {
            for kind in ["request", "attempt", "wait", "refused", "breaker", "cache", "end", "new"]
            {
                lines.append(
                    #"{"t":\#(number),"e":"\#(kind)","r":\#(number),"a":\#(number),"until":\#(numbers[0]),"#
                        + #""lower":\#(numbers[1]),"upper":\#(numbers[0]),"faults":[\#(number)],"#
                        + #""d":\#(number),"s":\#(number),"o":"x","age":\#(number),"k":"hit"}"#)
            }
        }
        for number in numbers {
            lines.append(
                #"{"t":\#(number),"e":"wait","r":3,"until":\#(numbers[1]),"faults":[\#(number)]}"#)
            lines.append(#"{"t":0,"e":"attempt","r":3,"faults":[\#(number)],"timeout":\#(number)}"#)
        }
        try folder.write("hostile.jsonl", lines.joined(separator: "\n") + "\n")
        for arguments in [["--request", "3"], []] {
            let ending = try Windtunnel(["trace", "show", "hostile.jsonl"] + arguments, in: folder)
                .exits(0)
            #expect(!ending.output.isEmpty)
        }
        try folder.windtunnel("trace", "verify", "hostile.jsonl").exits(4)
        try folder.windtunnel("trace", "diff", Self.trace, "hostile.jsonl").exits(6)
        try folder.windtunnel("replay", "hostile.jsonl").exits(6)
    }
}
