import ScenarioFile
import Testing
import Upstream

@Suite struct LoadTests {
    private func scenario(_ keys: String) -> String {
        "format: 1\nduration: 1m\nload:\n  - { path: /a, \(keys) }\n"
    }

    @Test(
        "A closed load has users who think",
        arguments: [
            ("users: 50, think: 2s", 50, .fixed(2_000_000_000)),
            (
                "users: 1, think: { exponential: { mean: 5s } }", 1,
                .exponential(mean: 5_000_000_000)
            ),
            (
                "users: 1000000, think: { uniform: { from: 0s, to: 1ns } }", 1_000_000,
                .uniform(from: 0, to: 1)
            ),
        ] as [(String, UInt32, Distribution)])
    func closed(keys: String, users: UInt32, think: Distribution) throws {
        let load = try decode(scenario(keys)).loads[0]
        #expect(load.rate == .closed(users: users, think: think))
        #expect(load.arrivals == .constant)
        #expect(load.cancelAfter == nil)
    }

    @Test("Any load may be cancelled after a while") func cancelAfter() throws {
        for pace in ["rate: 1/s", "ramp: { from: 1/s, to: 2/s }", "users: 5, think: 1s"] {
            let load = try decode(
                scenario("\(pace), cancel_after: { pareto: { min: 1s, alpha: 2 } }")
            ).loads[0]
            #expect(load.cancelAfter == .pareto(min: 1_000_000_000, alpha: 2))
        }
    }

    @Test(
        "What is wrong is told with its place and what is right",
        arguments: [
            ("name: b", ["4:5: a load needs 'rate', 'ramp' or 'users'"]),
            ("users: 5", ["4:17: 'users' needs 'think'"]),
            (
                "think: 5s",
                [
                    "4:5: a load needs 'rate', 'ramp' or 'users'",
                    "4:17: 'think' is only allowed together with 'users'",
                ]
            ),
            ("rate: 1/s, think: 5s", ["4:28: 'think' is only allowed together with 'users'"]),
            (
                "rate: 1/s, users: 5, think: 1s",
                ["4:28: a load has 'rate' or 'users', not both"]
            ),
            (
                "users: 5, think: 1s, ramp: { from: 1/s, to: 2/s }",
                ["4:38: a load has 'users' or 'ramp', not both"]
            ),
            (
                "rate: 1/s, ramp: { from: 1/s, to: 2/s }, users: 5, think: 1s",
                ["4:28: a load has 'rate', 'ramp' or 'users', not all"]
            ),
            (
                "users: 0, think: 1s",
                ["4:24: 'users' is '0'; expected a whole number from 1 to 1000000"]
            ),
            (
                "users: 1000001, think: 1s",
                ["4:24: 'users' is '1000001'; expected a whole number from 1 to 1000000"]
            ),
            (
                "users: 5, think: 1s, arrivals: poisson",
                [
                    "4:38: 'arrivals' is not allowed together with 'users', whose 'think' decides when requests arrive"
                ]
            ),
            (
                "users: 5, thinks: 1s",
                [
                    "4:17: 'users' needs 'think'",
                    "4:27: unknown key 'thinks' in a load; expected one of name, rate, ramp, "
                        + "users, think, arrivals, at, for, method, path, params, headers, body, "
                        + "use_cache, cancel_after; did you mean 'think'?",
                ]
            ),
            ("rate: 1/s, cancel_after: 5", ["4:42: 'cancel_after' has no unit; write 5ms or 5s"]),
        ] as [(String, [String])])
    func wrong(keys: String, messages: [String]) {
        #expect(diagnostics(of: scenario(keys)) == messages.map { "a.yaml:\($0)" })
    }

    @Test(
        "Users who never pause are refused, however the distribution says so",
        arguments: [
            "0s", "{ fixed: 0ms }", "{ uniform: { from: 0s, to: 0s } }",
            "{ mixture: [ { share: 50%, law: 0s }, { share: 50%, law: { fixed: 0s } } ] }",
        ])
    func noPause(distribution: String) {
        #expect(
            diagnostics(of: scenario("users: 5, think: \(distribution)")) == [
                "a.yaml:4:34: 'think' is 0; without a pause virtual time would not advance"
            ])
    }

    @Test("A pause that is 0 only at times is one") func somePause() throws {
        let distribution = "{ mixture: [ { share: 50%, law: 0s }, { share: 50%, law: 1s } ] }"
        #expect(diagnostics(of: scenario("users: 5, think: \(distribution)")) == [])
    }
}
