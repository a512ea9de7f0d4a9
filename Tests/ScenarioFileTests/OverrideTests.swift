import APIClient
import ScenarioFile
import Testing
import Upstream

@Suite struct OverrideTests {
    @Test("A setting replaces what the file says, or adds it") func settings() throws {
        let scenario = try decode(
            minimal("client: { max_retries: 5 }\n"),
            settings: [
                "client.max_retries=1", "client.jitter=none", "upstream.latency=50ms",
                "load.0.rate=100/s",
                "seed=7", "upstream.faults=[ { hang: true } ]", "expect=- requests > 0",
            ])
        #expect(scenario.client.maxRetries == 1)
        #expect(scenario.client.jitter == .none)
        #expect(scenario.upstream.latency == .fixed(50_000_000))
        #expect(scenario.loads[0].rate == .steady(.perSecond(100)))
        #expect(scenario.seed == 7)
        #expect(scenario.upstream.faults.count == 1)
        #expect(scenario.expectations.count == 1)
    }

    @Test(
        "Settings stand over the client file, and that over the scenario",
        arguments: [
            "max_retries: 2\njitter: equal\n", "client:\n  max_retries: 2\n  jitter: equal\n",
        ])
    func order(client: String) throws {
        let file = minimal("client: { max_retries: 1, jitter: none, cache_entries_max: 9 }\n")
        let scenario = try decode(file, settings: ["client.max_retries=3"], client: client)
        #expect(scenario.client.maxRetries == 3)
        #expect(scenario.client.jitter == .equal)
        #expect(scenario.client.cacheEntriesMax == 9)
    }

    @Test("A duration replaces the file's") func duration() throws {
        #expect(try decode(minimal(), duration: "30s").duration == 30_000_000_000)
    }

    @Test("Overridden scenarios read again from their canonical form") func roundTrip() throws {
        let scenario = try decode(
            minimal("upstream: { faults: [ { at: 50s, hang: true } ] }\n"),
            settings: ["load.0.at=55s"],
            client: "max_retries: 0", duration: "10s")
        #expect(try decode(scenario.canonicalJSON()) == scenario)
    }

    @Test(
        "What is wrong with a setting is said under its own name",
        arguments: [
            (
                "client.max_retries=many",
                "--set client.max_retries:1:1: 'max_retries' is 'many'; expected a whole number from 0 to 100"
            ),
            (
                "client.max_retrys=1",
                "--set client.max_retrys:1:1: unknown key 'max_retrys' in client; expected one of "
            ),
            (
                "nothing",
                "--set nothing:1:1: '=' is missing; expected key=value, such as client.max_retries=1"
            ),
            (
                "=1",
                "--set :1:1: '' is not a path to a key; expected key=value, such as client.max_retries=1"
            ),
            (
                "a..b=1",
                "--set a..b:1:1: 'a..b' is not a path to a key; expected key=value, such as client.max_retries=1"
            ),
            (
                "load.1.rate=1/s",
                "--set load.1.rate:1:1: there is no item 1; the list has 1, counted from 0"
            ),
            ("load.+0.rate=1/s", "--set load.+0.rate:1:1: the key '+0' cannot be set in a list"),
            ("load.-0.rate=1/s", "--set load.-0.rate:1:1: the key '-0' cannot be set in a list"),
            (
                "load.first.rate=1/s",
                "--set load.first.rate:1:1: the key 'first' cannot be set in a list"
            ),
            ("duration.x=1", "--set duration.x:1:1: the key 'x' cannot be set in a text"),
            ("seed=", "--set seed:1:1: the value is empty"),
            ("seed=[", "--set seed:1:1: '[' is never closed"),
            (
                "seed=7\n---\n8",
                "--set seed:2:1: a file contains one scenario; a second document begins here"
            ),
        ])
    func wrongSetting(setting: String, expected: String) throws {
        let found = diagnostics(of: minimal(), settings: [setting])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(expected) == true, "\(found)")
    }

    @Test(
        "What is wrong with a client file is said under its name",
        arguments: [
            (
                "max_retries: x",
                "client.yaml:1:14: 'max_retries' is 'x'; expected a whole number from 0 to 100"
            ),
            (
                "client: { max_retries: 1 }\nseed: 1",
                "client.yaml:2:1: unknown key 'seed' beside 'client' in a client file"
            ),
            ("- a", "client.yaml:1:1: a client file is a mapping with the keys of 'client'"),
            ("", "client.yaml:1:1: the client file is empty"),
        ])
    func wrongClient(client: String, expected: String) throws {
        #expect(diagnostics(of: minimal(), client: client) == [expected])
    }

    @Test("A wrong duration is said under its option") func wrongDuration() throws {
        #expect(
            diagnostics(of: minimal(), duration: "10") == [
                "--duration:1:1: 'duration' has no unit; write 10ms or 10s"
            ])
        #expect(diagnostics(of: minimal("warmup: 30s\n"), duration: "10s").count == 1)
    }

    @Test("What is wrong in several files is said at once, the scenario's first") func several()
        throws
    {
        let found = diagnostics(
            of: minimal("sed: 1\n"), settings: ["seed=x"], client: "jitter: y", duration: "z")
        #expect(
            found.map { $0.prefix { $0 != ":" } } == [
                "a.yaml", "--set seed", "--duration", "client.yaml",
            ])
    }
}
