import APIClient
import KeyedChance
import ScenarioFile
import Testing
import Upstream

@Suite struct DecodeTests {
    private static let second: Int64 = 1_000_000_000

    @Test("The example of the design decodes to what it says") func designExample() throws {
        let scenario = try Scenario.decode(
            try Inputs.bytes("valid/design_example.yaml"), file: "d.yaml")
        #expect(scenario.name == "Rate limited")
        #expect(scenario.requirements == ["REQ.01.21.02"])
        #expect(scenario.seed == 42)
        #expect(scenario.duration == 600 * Self.second)
        #expect(scenario.warmup == 30 * Self.second)
        #expect(scenario.epoch == Scenario.defaultEpoch)
        #expect(scenario.client.rateLimitPerMinute == 0)
        #expect(scenario.client.maxRetries == 3)
        let burst = Load(
            name: "load2", rate: .steady(.perSecond(60)), start: 180 * Self.second,
            duration: 20 * Self.second, path: "/v1/users/{1..500}", useCache: false)
        #expect(scenario.loads.count == 2)
        #expect(scenario.loads[0].arrivals == .poisson)
        #expect(scenario.loads[1] == burst)
        #expect(scenario.upstream.latency == .lognormal(median: 40_000_000, p99: 180_000_000))
        #expect(scenario.upstream.referenceTimeout == 5 * Self.second)
        let hang = Fault(
            schedule: Schedule(start: 360 * Self.second, duration: 5 * Self.second),
            effect: .hang(HangFault()))
        #expect(scenario.upstream.faults == [hang])
        #expect(
            scenario.expectations.map(\.metric) == [
                .retryAfterHonoured, .breakerFalsePositiveRate, .latencySentP95,
            ])
        #expect(scenario.expectations.map(\.comparison) == [.equal, .less, .lessOrEqual])
        #expect(scenario.expectations.map(\.limit.value) == [1, 0.01, 500])
        #expect(scenario.expectations.map(\.isAdvisory) == [false, false, true])
        #expect(scenario.expectations.map(\.line) == [18, 19, 20])
        #expect(scenario.window == nil)
    }

    private func everything() throws -> Scenario {
        try Scenario.decode(try Inputs.bytes("valid/everything.yaml"), file: "e.yaml")
    }

    @Test("Every key of the client's side decodes to what it says") func clientSide() throws {
        let scenario = try everything()
        #expect(scenario.name == "Everything: at once")
        #expect(scenario.requirements.count == 2)
        #expect(
            scenario.description
                == "Two lines, with a [bracket, a 'quote\nand a tab\tin the middle.\n")
        #expect(scenario.seed == .max)
        #expect(scenario.duration == 5_400 * Self.second)
        #expect(scenario.epoch == 1_898_512_496_000_000_789)
        #expect(scenario.upstream.referenceTimeout == 2_500_000_000)
        #expect(scenario.client.jitter == .decorrelated)
        #expect(scenario.client.enableRetry == false)
        #expect(scenario.fleet == Fleet(count: 12, sharesCache: true))
        let load = scenario.loads[0]
        let half = try #require(try rate(of: "0.5/s"))
        #expect(load.rate == .steady(half))
        #expect(
            load.params == [
                Parameter(name: "page", value: "1"), Parameter(name: "sort", value: "name"),
                Parameter(name: "on sale", value: "true"),
            ])
        #expect(load.headers.first == Field(name: "Idempotency-Key", value: "abc-1"))
        #expect(
            load.body
                == #"{"items":[{"id":7,"price":9.50},null],"note":"\"quoted\" \u2028","flag":true,"y":1e3}"#
        )
        #expect(scenario.loads[1].rate == .ramp(from: .perSecond(0), to: .perMinute(90)))
        #expect(scenario.loads[1].name == "load2")
        #expect(scenario.loads[2].body == #"{"written": "by hand"}"#)
        #expect(
            scenario.loads[3].rate == .closed(users: 50, think: .exponential(mean: 2 * Self.second))
        )
        #expect(scenario.loads[3].cancelAfter == .fixed(750_000_000))
        #expect(scenario.window == BusinessWindow(days: [.monday, .friday], from: 540, to: 1_050))
        #expect(scenario.expectations[5].load == "checkout")
        #expect(scenario.expectations[2].limit.exact == Ratio(3, of: 2))
    }

    @Test("Every key of the upstream decodes to what it says") func upstreamSide() throws {
        let scenario = try everything()
        #expect(
            scenario.upstream.capacity
                == Capacity(
                    servers: 4, queue: 100, service: .exponential(mean: 20_000_000),
                    abandoned: .drop))
        #expect(
            scenario.upstream.quota == Quota(rate: .perSecond(40), burst: 80, retryAfter: .date))
        #expect(
            scenario.upstream.routes[0].schema
                == #"{"type":"object","required":["id"],"properties":{"id":{"type":"integer","minimum":1}}}"#
        )
        guard case .mixture(let parts) = scenario.upstream.latency else {
            Issue.record("the latency is no mixture")
            return
        }
        #expect(parts.map(\.share) == Array(repeating: Ratio(1, of: 3), count: 3))
        #expect(parts[0].distribution == .fixed(40_000_000))
        #expect(scenario.upstream.routes[1].body == "<html>not JSON</html>")
        #expect(scenario.upstream.routes[1].latency == .fixed(0))
        let faults = scenario.upstream.faults
        #expect(faults[0].frequency == .probability(Ratio(1, of: 1_000)))
        #expect(
            faults[0].schedule
                == Schedule(
                    start: 60 * Self.second, duration: 5 * Self.second, period: 60 * Self.second))
        #expect(faults[0].scope.client == 0)
        let down = StatusFault(
            status: 503, retryAfter: .seconds(5), headers: [Field(name: "X-A", value: "b")],
            body: "down")
        #expect(faults[0].effect == .status(down))
        #expect(
            faults[1].effect == .status(StatusFault(status: 429, retryAfter: .date(seconds: 120))))
        #expect(faults[1].frequency == .sequence(fail: 2, of: .eachRequest))
        #expect(
            faults[2].effect == .status(StatusFault(status: 429, retryAfter: .raw("soon, or not"))))
        #expect(faults[2].frequency == .sequence(fail: 1, of: .all))
        #expect(
            faults[3].effect
                == .latency(LatencyFault(distribution: .pareto(min: 5_000_000, alpha: 1.2))))
        #expect(faults[6].effect == .refuse(RefuseFault()))
        #expect(faults[8].effect == .malformedJSON(MalformedJSONFault()))
        #expect(
            faults[9]
                == Fault(
                    frequency: .burst(
                        enter: Ratio(1, of: 100), leave: Ratio(1, of: 5), slot: 100_000_000),
                    effect: .resetMidBody(ResetMidBodyFault())))
        #expect(faults[10].effect == .drip(DripFault(distribution: .fixed(3 * Self.second))))
        let kinds = faults.map(\.effect.kind)
        #expect(Set(kinds).isSuperset(of: PlainEffects.all.map(\.name)))
    }

    private func rate(of text: String) throws -> RequestRate? {
        let scenario = try decode(
            "format: 1\nduration: 1m\nload: [ { path: /a, rate: \(text) } ]\n")
        guard case .steady(let rate) = scenario.loads[0].rate else { return nil }
        return rate
    }

    @Test(
        "A rate is exact, and written as it was",
        arguments: [
            ("30/s", 30, 1), ("0.5/s", 1, 2), ("90/m", 90, 60), ("0.000001/m", 1, 60_000_000),
            ("12.5/s", 25, 2), ("10000000/s", 10_000_000, 1),
        ] as [(String, UInt64, Int64)])
    func rates(text: String, count: UInt64, seconds: Int64) throws {
        let rate = try #require(try rate(of: text))
        #expect(rate.count == count)
        #expect(rate.per == seconds * Self.second)
        #expect(rate.description == text)
    }

    @Test(
        "A duration is exact, and written in its largest unit",
        arguments: [
            ("1ns", 1, "1ns"), ("1.5us", 1_500, "1500ns"), ("0.25ms", 250_000, "250us"),
            ("1.000000001s", 1_000_000_001, "1000000001ns"), ("90s", 90_000_000_000, "90s"),
            ("60s", 60_000_000_000, "1m"), ("87600h", 315_360_000_000_000_000, "87600h"),
        ] as [(String, Int64, String)])
    func durations(text: String, nanoseconds: Int64, written: String) throws {
        let scenario = try decode(minimal("reference: \(text)\n"))
        #expect(scenario.upstream.referenceTimeout == nanoseconds)
        #expect(scenario.canonicalJSON().contains("\"reference\":\"\(written)\""))
    }

    @Test("A file without a name is called like the file") func defaultName() throws {
        #expect(try decode(minimal()).name == "a")
        #expect(try decode(minimal("name: b\n")).name == "b")
    }

    @Test("An alias stands for its anchor's value") func aliases() throws {
        let scenario = try Scenario.decode(try Inputs.bytes("valid/aliases.yaml"), file: "x")
        #expect(scenario.upstream.routes[1].path.description == "/orders")
        #expect(
            scenario.upstream.routes.map(\.body) == Array(repeating: #"{"ok":[1,2]}"#, count: 2))
    }

    @Test("A byte order mark and CRLF line ends are read like neither") func lineEnds() throws {
        let text = minimal("description: |\n  a\n  b\n")
        let other =
            "\u{feff}"
            + text.split(separator: "\n", omittingEmptySubsequences: false).joined(
                separator: "\r\n")
        #expect(try decode(other) == decode(text))
    }

    @Test("The client's settings reach the client's configuration, each its own")
    func configuration() throws {
        let client = try decode(
            minimal(
                """
                client:
                  request_timeout_ms: 1
                  total_timeout_ms: 2
                  max_retries: 3
                  rate_limit_retries: 4
                  retry_base_delay_ms: 5
                  retry_max_delay_ms: 6
                  jitter: none
                  retry_unsafe_methods: true
                  circuit_breaker_threshold: 7
                  circuit_breaker_timeout_s: 8
                  cache_ttl_seconds: 9
                  stale_if_error_s: 10
                  cache_entries_max: 11
                  rate_limit_per_minute: 12
                  enable_circuit_breaker: false
                  enable_caching: false
                  enable_retry: false

                """)
        ).client
        #expect(
            client.configuration(baseURL: "http://x")
                == APIClient.Configuration(
                    baseURL: "http://x", requestTimeout: .milliseconds(1),
                    totalTimeout: .milliseconds(2),
                    retry: RetryPolicy(
                        isEnabled: false, retriesMax: 3, rateLimitRetriesMax: 4,
                        delayBase: .milliseconds(5),
                        delayMax: .milliseconds(6), jitter: .none, retriesUnsafeMethods: true),
                    breaker: BreakerPolicy(
                        isEnabled: false, failuresMin: 7, openDuration: .seconds(8)),
                    cache: CachePolicy(
                        isEnabled: false, timeToLive: .seconds(9), staleIfError: .seconds(10),
                        entriesMax: 11),
                    limiter: LimiterPolicy(sendsPerMinute: 12)))
    }

    @Test("The defaults of the client are those of REQ-01") func defaultConfiguration() throws {
        let configuration = ClientSettings().configuration(baseURL: "x")
        #expect(configuration == APIClient.Configuration(baseURL: "x"))
    }

    @Test(
        "The window holds the first minute of its days and not the last",
        arguments: [
            // 2026-01-01 was a Thursday.
            (0, false), (9 * 60 - 1, false), (9 * 60, true), (17 * 60 - 1, true), (17 * 60, false),
            (1_440 + 600, true), (2 * 1_440 + 600, false), (4 * 1_440 + 600, true),
        ] as [(Int64, Bool)])
    func window(minute: Int64, isInside: Bool) {
        let window = BusinessWindow(days: [.monday, .thursday, .friday], from: 540, to: 1_020)
        #expect(window.contains(Scenario.defaultEpoch + minute * 60 * Self.second) == isInside)
    }

    @Test(
        "Every instant is written as it is read",
        arguments: [
            "1970-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2000-02-29T00:00:00Z",
            "2100-02-28T12:00:00.5Z",
            "2199-12-31T23:59:59.999999999Z", "2026-01-01T00:00:00.000000001Z",
        ])
    func epochs(text: String) throws {
        #expect(
            try decode(minimal("epoch: \(text)\n")).canonicalJSON().contains(
                "\"epoch\":\"\(text)\""))
    }

    @Test("Days are counted as the Gregorian calendar does") func days() throws {
        for (text, seconds) in [
            ("2000-03-01", 951_868_800), ("2024-02-29", 1_709_164_800),
            ("2100-03-01", 4_107_542_400),
        ] as [(String, Int64)] {
            #expect(
                try decode(minimal("epoch: \(text)T00:00:00Z\n")).epoch == seconds * Self.second)
        }
        #expect(
            try decode(minimal()).epoch == decode(minimal("epoch: 2026-01-01T00:00:00Z\n")).epoch)
    }
}
