import Testing

/// The API key that every flight sends with every request. `Windtunnel` checks for each call of
/// every test that the output does not contain it.
@Suite struct SecretTests {
    @Test("The key is in no file, whatever is flown and however it ends")
    func noFileHoldsIt() throws {
        let folder = try Folder([
            "in/a.yaml": Scenarios.failing, "in/b.yaml": Scenarios.noisy,
            "in/c.yaml": Scenarios.passing,
        ])
        for mode in ["full", "failures"] {
            let flag = mode == "full" ? "--json" : "--check-determinism"
            try folder.windtunnel(
                "run", "in", "--seeds", "1..2", "--trace", mode, "--out", mode, flag
            )
            .exits(4)
        }
        let trace = "full/in/b/simulated/1/trace.jsonl.gz"
        try folder.windtunnel("replay", trace).exits(0)
        try folder.windtunnel("trace", "show", trace, "--request", "1").exits(0)
        let files = folder.files
        #expect(files.filter { $0.hasSuffix("trace.jsonl.gz") }.count == 13)
        #expect(files.filter { $0.hasSuffix("summary.json") }.count == 12)
        for file in files {
            // `gzip` is called with the same care as the program: what it unpacks is searched.
            if file.hasSuffix(".gz") { #expect(try folder.lines(ofTrace: file).count >= 2) }
            let text = String(decoding: try folder.bytes(of: file), as: UTF8.self)
            #expect(!text.contains(Binary.secret), "\(file)")
        }
    }

    @Test("The key is found where it does stand, so that this is no idle search")
    func searchFinds() throws {
        let folder = try Folder(["a.txt": "key: \(Binary.secret)\n"])
        withKnownIssue {
            _ = try Windtunnel(program: "cat", ["a.txt"], in: folder).run()
        }
        #expect(Binary.secret.utf8.count > 16)
    }
}
