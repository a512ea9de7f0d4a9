import Testing

/// The meaning of the exit codes.
@Suite struct ExitCodeTests {
    @Test(
        "The verdict decides",
        arguments: [
            (["passing"], 0), (["failing"], 4), (["inconclusive"], 5),
            (["passing", "inconclusive"], 5), (["inconclusive", "failing", "passing"], 4),
        ])
    func verdictDecides(scenarios: [String], code: Int) throws {
        let texts = [
            "passing": Scenarios.passing, "failing": Scenarios.failing,
            "inconclusive": Scenarios.inconclusive,
        ]
        let folder = try Folder()
        for (index, name) in scenarios.enumerated() {
            try folder.write("in/\(index).yaml", try #require(texts[name]))
        }
        let ending = try folder.windtunnel("run", "in", "--quiet").exits(Int32(code))
        #expect(ending.error.isEmpty)
    }

    @Test("A flight that cannot write its trace counts more than one that fails")
    func environmentBeforeFailure() throws {
        let folder = try Folder(["a.yaml": Scenarios.failing, "b.yaml": Scenarios.passing])
        try folder.write("reports/b", "a file where a folder has to be")
        let ending = try folder.windtunnel("run", "a.yaml", "b.yaml").exits(3)
        #expect(ending.errorLines.count == 1)
        #expect(ending.error.hasPrefix("error: b.yaml: reports/b: "))
        // What could be flown was flown, and is told.
        #expect(ending.output.contains("a.yaml:9: success_rate >= 99%: failed"))
    }

    @Test("A missing file counts more than an invalid one, and both are told")
    func environmentBeforeInvalid() throws {
        let folder = try Folder(["a.yaml": "format: 2\n"])
        let ending = try folder.windtunnel("run", "a.yaml", "missing.yaml").exits(3)
        #expect(ending.error.contains("a.yaml:1:9: "))
        #expect(ending.error.contains("missing.yaml: no such file or folder"))
    }

    @Test("An advisory expectation never changes it")
    func advisory() throws {
        let line = "  - success_rate >= 99%"
        let text = Scenarios.failing.replacing(
            line, with: "  - { check: success_rate >= 99%, advisory: true }")
        #expect(text != Scenarios.failing)
        let folder = try Folder(["a.yaml": text])
        let ending = try folder.windtunnel("run", "a.yaml").exits(0)
        #expect(ending.output.contains("a.yaml:9: success_rate >= 99%: failed (advisory)"))
    }

    @Test("With one invalid file among valid ones nothing flies", arguments: [[], ["--json"]])
    func nothingFlies(flags: [String]) throws {
        let folder = try Folder([
            "in/a.yaml": Scenarios.passing, "in/b.yaml": "format: 1\nduration: 10\n",
            "in/c.yaml": "format: 1\nlod: []\n", "in/d.yaml": Scenarios.failing,
        ])
        let ending = try Windtunnel(["run", "in"] + flags, in: folder).exits(2)
        #expect(ending.error.contains("in/b.yaml:2:11: "))
        #expect(ending.error.contains("in/c.yaml:2:1: unknown key 'lod'"))
        #expect(ending.error.contains("did you mean 'load'?"))
        #expect(ending.output.isEmpty == flags.isEmpty)
        #expect(!folder.has("reports"))
    }

    static let misuses = [
        ["run"], ["frobnicate"], ["run", "a.yaml", "--frobnicate"],
        ["run", "a.yaml", "--seed", "x"],
        ["run", "a.yaml", "--seed", "-1"], ["run", "a.yaml", "--seed", "18446744073709551616"],
        ["run", "a.yaml", "--out", ""],
        ["run", "a.yaml", "--seeds", "3"], ["run", "a.yaml", "--seeds", "3..1"],
        ["run", "a.yaml", "--seeds", "1...3"], ["run", "a.yaml", "--seeds", "1.."],
        ["run", "a.yaml", "--seeds", "0..18446744073709551615"],
        ["run", "a.yaml", "--seeds", "+1..2"], ["run", "a.yaml", "--seeds=-0..2"],
        ["run", "a.yaml", "--seed", "1", "--seeds", "1..3"], ["run", "a.yaml", "--trace", "some"],
        ["run", "a.yaml", "--mode", "levitating"], ["run", "a.yaml", "--set"], ["validate"],
        ["replay"], ["trace", "show"], ["trace", "diff", "a"], ["trace", "verify"],
        ["trace", "show", "a", "--request", "-1"], ["schema", "a"],
    ]

    @Test("A command line that cannot be understood is told as such", arguments: misuses)
    func usage(arguments: [String]) throws {
        let folder = try Folder(["a.yaml": Scenarios.passing])
        let ending = try Windtunnel(arguments, in: folder).exits(64)
        #expect(ending.error.contains("Error: "))
        #expect(ending.error.contains("Usage: windtunnel"))
        #expect(ending.output.isEmpty)
        #expect(!folder.has("reports"))
    }

    @Test(
        "Help is no error",
        arguments: [["--help"], ["run", "--help"], ["--version"], ["trace", "-h"]])
    func help(arguments: [String]) throws {
        let ending = try Windtunnel(arguments, in: try Folder()).exits(0)
        #expect(!ending.output.isEmpty)
        #expect(ending.error.isEmpty)
    }
}
