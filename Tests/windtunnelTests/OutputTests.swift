import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where output is written, and what happens if it cannot be.
@Suite struct OutputTests {
    // MARK: - Where nothing can be written

    @Test("A file in the way of the reports is named")
    func fileInTheWay() throws {
        let folder = try Folder([
            "a.yaml": Scenarios.passing, "b.yaml": Scenarios.passing, "out": "",
        ])
        let ending = try folder.windtunnel("run", "a.yaml", "b.yaml", "--out", "out").exits(3)
        #expect(
            ending.errorLines
                == ["a", "b"].map { name in
                    "error: \(name).yaml: out: the folder cannot be created: a file is in the way; "
                        + "name another one with --out"
                })
        #expect(ending.output.isEmpty)
    }

    @Test(
        "A file that cannot be written is named with the reason, and the program ends in order",
        arguments: [
            ("trace.jsonl.gz", "cannot be written: No space left on device"),
            ("summary.json", "cannot be removed: Is a directory"),
        ])
    func unwritable(name: String, reason: String) throws {
        let folder = try Folder(["a.yaml": Scenarios.noisy])
        let file = "reports/a/simulated/0/\(name)"
        if name == "summary.json" {
            try folder.makeFolder(file)
        } else {
            try folder.link(file, to: "/dev/full")
        }
        let ending = try folder.windtunnel("run", "a.yaml", "--seed", "0").exits(3)
        #expect(ending.error == "error: a.yaml: \(file): \(reason)\n")
        let quiet = try folder.windtunnel("run", "a.yaml", "--seed", "0", "--json").exits(3)
        #expect(try quiet.document()["errors"] as? [String] == ["a.yaml: \(file): \(reason)"])
        #expect(try quiet.document()["verdict"] as? String == "failed")
    }

    @Test(
        "On a disk that fills up the flight ends with an error that names the file",
        .enabled(if: SmallDisk.isPossible, "only the superuser may mount a small disk"))
    func fullDisk() throws {
        let folder = try Folder(["a.yaml": Scenarios.noisy])
        try folder.makeFolder("small")
        let disk = try SmallDisk(folder.path("small"))
        defer { withExtendedLifetime(disk) {} }
        let ending = try folder.windtunnel(
            "run", "a.yaml", "--out", "small", "--seed", "7", "--duration", "200s"
        ).exits(3)
        #expect(
            ending.error == "error: a.yaml: small/a/simulated/7/trace.jsonl.gz: cannot be written: "
                + "No space left on device\n")
        // What did fit reads.
        let trace = "small/a/simulated/7/trace.jsonl.gz"
        #expect(
            try folder.windtunnel("trace", "verify", trace).exits(4).output.contains(": cut after"))
    }

    @Test(
        "Standard output that cannot be written is an error, not a silence",
        arguments: [
            ["run", "a.yaml"], ["run", "a.yaml", "--json"], ["run", "bad.yaml", "--json"],
            ["validate", "a.yaml"], ["schema"],
            ["trace", "show", "t/a/simulated/1/trace.jsonl.gz"],
            ["trace", "verify", "t/a/simulated/1/trace.jsonl.gz"],
            ["trace", "diff", "t/a/simulated/1/trace.jsonl.gz", "t/a/simulated/1/trace.jsonl.gz"],
            ["replay", "t/a/simulated/1/trace.jsonl.gz"],
        ])
    func fullOutput(arguments: [String]) throws {
        let folder = try Folder(["a.yaml": Scenarios.passing, "bad.yaml": "format: 1\n"])
        try folder.windtunnel("run", "a.yaml", "--seed", "1", "--out", "t").exits(0)
        let ending = try Windtunnel(arguments, in: folder).output(to: .file("/dev/full")).exits(3)
        #expect(
            ending.error.hasSuffix(
                "error: standard output cannot be written: No space left on device\n"))
    }

    // MARK: - Files

    @Test("The report's path tells scenario, mode, seed and client file")
    func layout() throws {
        let folder = try Folder([
            "in/deep/a.b.yaml": Scenarios.passing, "calm.yaml": "max_retries: 1\n",
            "away/c.yaml": Scenarios.passing,
        ])
        try folder.windtunnel("run", "in/deep", "./in/../away/c.yaml", "--quiet", "--seed", "9")
            .exits(0)
        try folder.windtunnel(
            "run", "in/deep/a.b.yaml", "--client", "./calm.yaml", "--seeds", "1..2", "--out", "r/s"
        ).exits(0)
        let reports = folder.files.filter { $0.hasPrefix("r") }
        let flights = [
            "r/s/in/deep/a.b/simulated/1-calm", "r/s/in/deep/a.b/simulated/2-calm",
            "reports/in/deep/a.b/simulated/9", "reports/in/up/away/c/simulated/9",
        ]
        #expect(reports == flights.flatMap { ["\($0)/summary.json", "\($0)/trace.jsonl.gz"] })
    }

    @Test("A summary is JSON and the same every time but for the wall's clock")
    func summaries() throws {
        let folder = try Folder(["a.yaml": Scenarios.noisy])
        func summary(_ out: String) throws -> [String] {
            try folder.windtunnel("run", "a.yaml", "--seed", "3", "--out", out).exits(0)
            let name = "\(out)/a/simulated/3/summary.json"
            let scenario = try #require(try folder.document(name)["scenario"] as? [String: Any])
            #expect(scenario["verdict"] as? String == "passed")
            #expect(try folder.document(name)["version"] as? String == "0.1.0")
            let text = String(decoding: try folder.bytes(of: name), as: UTF8.self)
            let lines = text.replacing("\"\(out)/", with: "\"OUT/").split(separator: "\n")
            let kept = lines.filter { !$0.contains("\"wall_seconds\"") }
            #expect(kept.count == lines.count - 1)
            return kept.map(String.init)
        }
        #expect(try summary("one") == summary("two"))
    }

    @Test("Files that would share a report folder do not fly; one that is named twice flies once")
    func sharedFolder() throws {
        let folder = try Folder(["a.yaml": Scenarios.passing, "a.yml": Scenarios.noisy])
        let ending = try folder.windtunnel("run", "a.yaml", "a.yml", "--seed", "1").exits(2)
        #expect(
            ending.error.contains(
                "a.yml: its reports would go to the same folder as those of a.yaml"))
        #expect(!folder.has("reports"))
        let flights = try folder.windtunnel("run", "a.yaml", "./a.yaml", "a.yaml", "--json").exits(
            0
        )
        .flights()
        #expect(flights.count == 1)
    }

    // MARK: - JSON

    @Test("--json prints one document with all fields that are promised, and nothing else")
    func json() throws {
        let folder = try Folder(["a.yaml": Scenarios.passing, "b.yaml": Scenarios.failing])
        let ending = try folder.windtunnel("run", "a.yaml", "b.yaml", "--json", "--seed", "5")
            .exits(4)
        #expect(ending.error.isEmpty)
        let document = try ending.document()
        #expect(document["version"] as? String == "0.1.0")
        #expect(document["verdict"] as? String == "failed")
        let flights = try ending.flights()
        #expect(flights.map { $0["verdict"] as? String } == ["passed", "failed"])
        #expect(flights.map { $0["file"] as? String } == ["a.yaml", "b.yaml"])
        #expect(flights.map { $0["requests"] as? Int } == [200, 2_000])
        for flight in flights {
            let promised: Set = [
                "name", "file", "seed", "mode", "verdict", "requests", "attempts",
                "virtual_seconds",
                "wall_seconds", "digest", "trace", "metrics", "expectations", "invariants",
            ]
            #expect(promised.subtracting(flight.keys).isEmpty)
            #expect(flight["seed"] as? Int == 5 && flight["mode"] as? String == "simulated")
            let metrics = try #require(flight["metrics"] as? [String: [String: Any]])
            for metric in metrics.values {
                #expect(Set(metric.keys) == ["value", "unit", "samples", "low", "high"])
            }
            #expect(metrics["latency.p50"]?["unit"] as? String == "ms")
            try Self.haveKeys(
                flight["expectations"], ["expression", "line", "observed", "verdict", "samples"])
            try Self.haveKeys(flight["invariants"], ["name", "checked", "violations"])
            #expect(folder.has(try #require(flight["trace"] as? String)))
        }
    }

    private static func haveKeys(_ list: Any?, _ keys: Set<String>) throws {
        let entries = try #require(list as? [[String: Any]])
        #expect(!entries.isEmpty)
        for entry in entries { #expect(keys.subtracting(entry.keys).isEmpty) }
    }

    @Test(
        "--json prints its document also where nothing flies",
        arguments: [("bad.yaml", 2), ("missing.yaml", 3), ("empty", 2)])
    func jsonOfErrors(path: String, code: Int) throws {
        let folder = try Folder(["a.yaml": Scenarios.passing, "bad.yaml": "format: 1\nx: 1\n"])
        try folder.makeFolder("empty")
        let ending = try folder.windtunnel("run", "a.yaml", path, "--json").exits(Int32(code))
        let document = try ending.document()
        #expect(Set(document.keys) == ["version", "verdict", "scenarios", "errors"])
        #expect(document["verdict"] as? String == "failed")
        #expect(try ending.flights().isEmpty)
        let errors = try #require(document["errors"] as? [String])
        #expect(!errors.isEmpty && errors.map { "error: \($0)" } == ending.errorLines)
    }

    @Test("The schema and the list of valid files go to standard output alone")
    func schema() throws {
        let folder = try Folder(["a.yaml": Scenarios.passing])
        let schema = try folder.windtunnel("schema").exits(0)
        #expect(
            try schema.document()["$schema"] as? String == "http://json-schema.org/draft-07/schema#"
        )
        #expect(schema.error.isEmpty)
        let valid = try folder.windtunnel("validate", "a.yaml").exits(0)
        #expect(valid.output == "a.yaml: valid (Passing)\n" && valid.error.isEmpty)
    }
}

/// A disk of 64 kB.
final class SmallDisk {
    private let path: String

    /// Whether this process may mount a file system.
    static let isPossible: Bool = {
        guard let folder = try? Folder() else { return false }
        return (try? SmallDisk(folder.path)) != nil
    }()

    init(_ path: String) throws {
        self.path = path
        try Self.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path])
    }

    deinit { try? Self.run(["umount", path]) }

    private static func run(_ words: [String]) throws {
        let null = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { _ = close(null) }
        let child = try ChildProcess(
            words, in: "/", environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
            streams: [null, null, null])
        guard try child.end(within: 10).exitCode == 0 else {
            throw ChildProcess.Failure(description: "\(words[0]) fails")
        }
    }
}
