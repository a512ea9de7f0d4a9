import Testing

/// The effects of `--set`, `--client` and `--duration`, and the messages if they are invalid.
@Suite struct OverrideTests {
    @Test(
        "A setting that does not fit is named as such",
        arguments: [
            ("foo", "--set foo:1:1: '=' is missing"),
            ("=1", "--set :1:1: '' is not a path to a key"),
            ("client..x=1", "--set client..x:1:1: 'client..x' is not a path to a key"),
            ("client.max_retrie=1", "--set client.max_retrie:1:1: unknown key 'max_retrie'"),
            ("client.max_retries=many", "--set client.max_retries:1:1: 'max_retries' is 'many'"),
            ("client.max_retries=", "--set client.max_retries:1:1: "),
            ("client.max_retries=[1", "--set client.max_retries:1:"),
            ("load.7.rate=1/s", "--set load.7.rate:1:1: there is no item 7"),
            ("load.rate=1/s", "--set load.rate:1:1: the key 'rate' cannot be set in "),
            ("duration=5", "--set duration:1:1: "),
        ])
    func badSetting(setting: String, error: String) throws {
        let folder = try Folder(["a.yaml": Scenarios.passing, "b.yaml": Scenarios.passing])
        let ending = try folder.windtunnel("run", "a.yaml", "b.yaml", "--set", setting).exits(2)
        #expect(ending.error.hasPrefix("error: " + error), "\(ending.error)")
        // Wrong once, not once a file.
        #expect(Set(ending.errorLines).count == ending.errorLines.count)
        #expect(!folder.has("reports"))
    }

    @Test(
        "A duration that is none is named as such",
        arguments: ["abc", "10", "-5s", " ", "0s", "1e99h"])
    func badDuration(duration: String) throws {
        let folder = try Folder(["a.yaml": Scenarios.passing])
        let ending = try folder.windtunnel("run", "a.yaml", "--duration=\(duration)").exits(2)
        #expect(ending.error.hasPrefix("error: --duration:1:1: "), "\(ending.error)")
        #expect(ending.errorLines.count == 1)
    }

    @Test(
        "A client file that does not fit is named as such",
        arguments: [
            ("missing.yaml", 3, "missing.yaml: no such file or folder"),
            ("folder", 3, "folder: is a folder, not a file"),
            ("pipe", 3, "pipe: is not a file but a pipe, a socket or a device"),
            ("list.yaml", 2, "list.yaml:1:1: a client file is a mapping"),
            ("empty.yaml", 2, "empty.yaml:1:1: the client file is empty"),
            ("wrong.yaml", 2, "wrong.yaml:2:1: unknown key 'max_retrys' in client"),
            ("value.yaml", 2, "value.yaml:1:14: 'max_retries' is '-1'"),
        ])
    func badClient(file: String, code: Int, error: String) throws {
        let folder = try Folder([
            "a.yaml": Scenarios.passing, "list.yaml": "- 1\n", "empty.yaml": "",
            "wrong.yaml": "max_retries: 1\nmax_retrys: 1\n", "value.yaml": "max_retries: -1\n",
        ])
        try folder.makeFolder("folder")
        try folder.makePipe("pipe")
        let ending = try folder.windtunnel("run", "a.yaml", "--client", file).within(seconds: 10)
            .exits(Int32(code))
        #expect(ending.error.hasPrefix("error: " + error), "\(ending.error)")
        #expect(!folder.has("reports"))
    }

    @Test(
        "Each changes the flight; a setting wins over a client file, which wins over the scenario")
    func precedence() throws {
        let folder = try Folder(["a.yaml": Scenarios.failing, "calm.yaml": "max_retries: 5\n"])
        func rate(_ arguments: String...) throws -> (success: Double, requests: Double) {
            let ending = try Windtunnel(["run", "a.yaml", "--json"] + arguments, in: folder).run()
            let metrics = try #require(try ending.flights().first?["metrics"] as? [String: Any])
            func value(_ name: String) throws -> Double {
                try #require((metrics[name] as? [String: Any])?["value"] as? Double)
            }
            return (try value("success_rate"), try value("requests"))
        }
        let plain = try rate()
        #expect(plain.success < 0.8)
        #expect(plain.requests == 2_000)
        #expect(try rate("--client", "calm.yaml").success > 0.99)
        #expect(try rate("--client", "calm.yaml", "--set", "client.max_retries=0") == plain)
        #expect(try rate("--duration", "20s").requests == 400)
        #expect(try rate("--set", "load.0.rate=10/s").requests == 1_000)
    }
}
