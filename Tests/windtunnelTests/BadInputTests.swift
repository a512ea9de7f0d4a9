import Testing

/// Invalid scenario files give an exit code and lines with the place, never a crash or a hang.
@Suite struct BadInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        /// The part of the message after the file's name.
        let error: String
        var testDescription: String { name }

        init(_ name: String, _ text: String, _ error: String) {
            self.init(name, Array(text.utf8), error)
        }

        init(_ name: String, _ bytes: [UInt8], _ error: String) {
            (self.name, self.bytes, self.error) = (name, bytes, error)
        }
    }

    private static let depth = 100_000

    static let cases = [
        Case("empty", "", ":1:1: the scenario is empty"),
        Case("only a comment", "# soon\n", ":1:1: the scenario is empty"),
        Case("binary", [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0xff, 0xfe, 0, 1], ":1:"),
        Case("not UTF-8", Array("name: ".utf8) + [0xc3, 0x28], ":1:7: the scenario is not UTF-8"),
        Case("deep lists", String(repeating: "[", count: depth), ":1:"),
        Case("deep dashes", String(repeating: "- ", count: depth), ":1:"),
        Case("deep mappings", String(repeating: "{a: ", count: depth), ":1:"),
        Case(
            "alias bomb",
            "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
                + zip("bcdefghij", "abcdefghi").map { new, old in
                    "\(new): &\(new) ["
                        + [String](repeating: "*\(old)", count: 10).joined(separator: ", ")
                        + "]\n"
                }.joined(), ":1:35: more than 100000 values"),
        Case("a key twice", "format: 1\nname: a\nname: b\n", ":3:1: "),
        Case(
            "an unknown key", "format: 1\nduraton: 10s\n",
            ":2:1: unknown key 'duraton' in a scenario; expected "),
        Case(
            "a wrong unit", changed("duration: 10s", "duration: 10q"),
            ":3:11: 'duration' has the unknown unit 'q'"),
        Case("no unit", changed("duration: 10s", "duration: 10"), ":3:11: 'duration' has no unit"),
        Case("a negative duration", changed("duration: 10s", "duration: -10s"), ":3:11: "),
        Case("a negative rate", changed("20/s", "-20/s"), ":6:13: 'rate' is negative"),
        Case("an absurd rate", changed("20/s", "99999999999999999999/s"), ":6:13: "),
        Case("an absurd duration", changed("10s", "99999999999999999999h"), ":3:11: "),
        Case("an absurd latency", changed("40ms", "1e400ms"), ":7:22: "),
        Case(
            "a metric that does not exist", changed("breaker.opens", "braker.opens"),
            ":9:5: "),
        Case("a format of the future", changed("format: 1", "format: 9"), ":1:9: "),
    ]

    private static func changed(_ old: String, _ new: String) -> String {
        Scenarios.passing.replacing(old, with: new)
    }

    @Test("What is no scenario is refused with its place, one line an error", arguments: cases)
    func refused(_ input: Case) throws {
        let folder = try Folder()
        try folder.write("bad.yaml", input.bytes)
        for command in ["validate", "run"] {
            let ending = try folder.windtunnel(command, "bad.yaml").within(seconds: 20).exits(2)
            #expect(ending.output.isEmpty)
            #expect(ending.error.contains("error: bad.yaml" + input.error), "\(ending.error)")
            for line in ending.errorLines {
                #expect(line.contains(/^error: bad\.yaml:[0-9]+:[0-9]+: ./), "\(line)")
                #expect(line.utf8.count < 600)
            }
            #expect(ending.status.memoryPeak < 256 << 20)
        }
        #expect(!folder.has("reports"))
    }

    @Test("All that is wrong with a file is told at once, with what was probably meant")
    func allAtOnce() throws {
        let text = Self.changed("duration: 10s", "duration: 10q").replacing("rate:", with: "rat:")
            .replacing("breaker.opens", with: "breaker.open")
        let ending = try Folder(["a.yaml": text]).windtunnel("validate", "a.yaml").exits(2)
        #expect(ending.error.contains("error: a.yaml:3:11: "))
        #expect(ending.error.contains("error: a.yaml:6:5: "))
        #expect(ending.error.contains("did you mean 'rate'?"))
        #expect(ending.error.contains("did you mean 'breaker.opens'?"))
    }

    @Test("100 MB are refused without being read")
    func large() throws {
        let folder = try Folder()
        try folder.makeLarge("large.yaml", bytes: 100_000_000)
        for arguments in [["run", "large.yaml"], ["run", "ok.yaml", "--client", "large.yaml"]] {
            try folder.write("ok.yaml", Scenarios.passing)
            let ending = try Windtunnel(arguments, in: folder).exits(2)
            #expect(
                ending.error
                    == "error: large.yaml:1:1: the file has 100000000 bytes; expected at most 1 MiB\n"
            )
            // The system counts the tests' own memory for a child until its program begins.
            let own = try #require(ChildProcess.ownMemoryPeak)
            #expect(ending.status.memoryPeak < max(64 << 20, own + 8 << 20))
        }
    }

    @Test(
        "A path that names no file is refused, and nothing is waited for",
        arguments: [
            ("missing.yaml", 3, "missing.yaml: no such file or folder"),
            ("ok.yaml/x.yaml", 3, "ok.yaml/x.yaml: no such file or folder"),
            ("", 3, ": no such file or folder"),
            ("empty", 2, "empty: no scenarios (*.yaml) in this folder"),
            ("folder.yaml", 2, "folder.yaml: no scenarios (*.yaml) in this folder"),
            ("around", 2, "around: no scenarios (*.yaml) in this folder"),
            ("pipe.yaml", 3, "pipe.yaml: is not a file but a pipe, a socket or a device"),
            ("/dev/zero", 3, "/dev/zero: is not a file but a pipe, a socket or a device"),
            ("/dev/null", 3, "/dev/null: is not a file but a pipe, a socket or a device"),
            ("nowhere.yaml", 3, "nowhere.yaml: no such file or folder"),
            ("round.yaml", 3, "round.yaml: cannot be read: Too many levels of symbolic links"),
        ])
    func noFile(path: String, code: Int, error: String) throws {
        let folder = try Folder(["ok.yaml": Scenarios.passing])
        for name in ["empty", "folder.yaml", "around/inner.yaml"] { try folder.makeFolder(name) }
        try folder.makePipe("pipe.yaml")
        try folder.link("nowhere.yaml", to: "missing.yaml")
        try folder.link("round.yaml", to: "round.yaml")
        let ending = try folder.windtunnel("run", "ok.yaml", path).within(seconds: 10)
            .exits(Int32(code))
        #expect(ending.error == "error: \(error)\n")
        #expect(ending.output.isEmpty)
        #expect(!folder.has("reports"))
    }

    @Test("In a folder only files are scenarios, and each of them is read")
    func folderOfFiles() throws {
        let folder = try Folder([
            "in/a.yaml": Scenarios.passing, "in/b.yml": Scenarios.failing, "in/notes.txt": "-",
        ])
        try folder.makeFolder("in/c.yaml")
        let ending = try folder.windtunnel("validate", "in/").exits(0)
        #expect(ending.output == "in/a.yaml: valid (Passing)\nin/b.yml: valid (Failing)\n")
        try folder.makePipe("in/0.yaml")
        try folder.write("in/d.yaml", "format: 3\n")
        let refusal = try folder.windtunnel("validate", "in").within(seconds: 10).exits(3)
        #expect(refusal.error.contains("in/0.yaml: is not a file"))
        #expect(refusal.error.contains("in/d.yaml:1:9: "))
    }

    @Test("A name cannot play with the terminal")
    func escapeSequences() throws {
        let text = Self.changed("name: Passing", #"name: "Pass\e[31ming\n\u202e""#)
        let folder = try Folder(["a.yaml": text])
        for arguments in [["run", "a.yaml"], ["validate", "a.yaml"]] {
            let ending = try Windtunnel(arguments, in: folder).run()
            #expect(!ending.output.contains("\u{1b}") && !ending.output.contains("\u{202e}"))
            #expect(!ending.error.contains("\u{1b}") && !ending.error.contains("\u{202e}"))
        }
    }
}
