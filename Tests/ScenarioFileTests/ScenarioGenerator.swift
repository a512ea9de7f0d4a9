import APIClient
import KeyedChance
import ScenarioFile
import Upstream

/// Valid scenarios of every shape.
struct ScenarioGenerator {
    private var chance: Chance
    private static let odd = [
        "", "a", "plain text", "\"quoted\" \\ / back", "line\nbreak\r\n\ttab",
        "\u{0}\u{1f}\u{7f}\u{85}\u{2028}\u{feff}",
        "é e\u{301} \u{1F600}", "true", "null", "12", "# no comment", "- a", "{a: b}", "'", ": ",
        "  spaces  ",
    ]

    init(seed: UInt64) { chance = Chance(seed: seed, stream: .init("scenarios")) }

    private mutating func below(_ bound: UInt64) -> UInt64 { chance.below(bound) }
    private mutating func coin() -> Bool { below(2) == 0 }
    private mutating func one<Element>(of elements: [Element]) -> Element {
        elements[Int(below(UInt64(elements.count)))]
    }
    private mutating func maybe<Value>(_ make: (inout Self) -> Value) -> Value? {
        coin() ? make(&self) : nil
    }
    private mutating func some<Value>(_ least: UInt64 = 0, _ make: (inout Self, Int) -> Value)
        -> [Value]
    {
        (0..<Int(least + below(4))).map { make(&self, $0) }
    }

    /// Any whole number of nanoseconds, often a round one.
    private mutating func duration() -> Int64 {
        let unit = one(
            of: [1, 1_000, 1_000_000, 1_000_000_000, 60_000_000_000, 3_600_000_000_000] as [Int64])
        return unit * Int64(1 + below(500))
    }

    private mutating func share() -> Ratio {
        let denominator = 1 + below(one(of: [10, 1_000, .max / 2]))
        return Ratio(1 + below(denominator), of: denominator)
    }

    private mutating func rate() -> RequestRate {
        coin() ? .perSecond(1 + below(10_000_000)) : .perMinute(1 + below(600_000_000))
    }

    private mutating func distribution(depth: Int = 0) -> Distribution {
        switch below(depth < 4 ? 7 : 6) {
        case 0: return .fixed(coin() ? 0 : duration())
        case 1:
            let from = duration()
            return .uniform(from: from, to: from + Int64(below(1_000)))
        case 2: return .exponential(mean: duration())
        case 3:
            let median = duration()
            return .lognormal(median: median, p99: median + Int64(1 + below(1_000_000)))
        case 4: return .pareto(min: duration(), alpha: Double(1 + below(1_000_000)) / 1_000)
        case 5:
            let parts = parts()
            var end: Int64 = 0
            return .empirical(
                parts.map { share in
                    end += 1 + Int64(below(1_000_000))
                    return Distribution.Bin(share: share, upto: end)
                })
        default:
            return .mixture(
                parts().map {
                    Distribution.Component(share: $0, distribution: distribution(depth: depth + 1))
                })
        }
    }

    /// Shares that add up to 1.
    private mutating func parts() -> [Ratio] {
        let weights = some(1) { generator, _ in 1 + generator.below(1_000) }
        let sum = weights.reduce(0, +)
        return weights.map { Ratio($0, of: sum) }
    }

    /// Header fields of an answer, which are never empty.
    private mutating func answerFields() -> [Field] { fields().filter { !$0.value.isEmpty } }

    private mutating func fields() -> [Field] {
        some { generator, index in
            Field(
                name: "X-\(index)",
                value: generator.one(of: ["", "a", "a: \"b\" # c", "é\u{1F600}", "true"]))
        }
    }

    private mutating func pattern() -> PathPattern {
        let text = one(of: ["/", "/v1/*/{1..9}", "/v1/**", "/a b/é", "/\"x\""])
        guard let pattern = try? PathPattern(text) else {
            preconditionFailure("'\(text)' is a pattern")
        }
        return pattern
    }

    private mutating func fault() -> Fault {
        var schedule = Schedule(start: coin() ? 0 : duration(), duration: maybe { $0.duration() })
        if let duration = schedule.duration, coin() {
            schedule.period = max(duration, 1_000_000) + Int64(below(1_000))
        }
        let effect: Fault.Effect
        switch below(6) {
        case 0: effect = .latency(LatencyFault(distribution: distribution()))
        case 1: effect = .drip(DripFault(distribution: distribution()))
        case 2...4: effect = one(of: PlainEffects.all.map(\.effect))
        default:
            effect = .status(
                StatusFault(
                    status: 400 + Int(below(200)),
                    retryAfter: maybe { generator in
                        let seconds = Int64(generator.below(1_000))
                        return generator.one(of: [
                            .seconds(seconds), .date(seconds: seconds), .raw("soon, \"maybe\""),
                            .raw("0.5"),
                        ])
                    }, headers: answerFields(), body: maybe { $0.one(of: Self.odd) }))
        }
        if effect.isBeforeRequest { return Fault(schedule: schedule, effect: effect) }
        let scope = Fault.Scope(
            method: maybe { $0.one(of: ["GET", "PATCH"]) }, path: maybe { $0.pattern() },
            client: maybe { UInt32($0.below(1 << 32)) })
        let frequency: Fault.Frequency
        switch below(4) {
        case 0: frequency = .always
        case 1: frequency = .probability(share())
        case 2:
            frequency = .burst(
                enter: Ratio(1 + below(9_999), of: 10_000), leave: Ratio(1, of: 1 + below(10_000)),
                slot: 1_000_000 + duration())
        default:
            frequency = .sequence(
                fail: UInt32(1 + below(9)), of: one(of: Fault.Frequency.Population.allCases))
        }
        return Fault(schedule: schedule, scope: scope, frequency: frequency, effect: effect)
    }

    /// A pause that is not always 0.
    private mutating func think() -> Distribution {
        let half = Ratio(1, of: 2)
        let pause = duration()
        return one(of: [
            .fixed(pause), .exponential(mean: pause), .uniform(from: 0, to: pause),
            .mixture([
                Distribution.Component(share: half, distribution: .fixed(0)),
                Distribution.Component(share: half, distribution: .fixed(pause)),
            ]),
        ])
    }

    private mutating func load(_ index: Int) -> Load {
        var load = Load(
            name: "load-\(index)", rate: .steady(rate()),
            path: one(of: ["/a", "/v1/users/{1..500}", "/a//b_c-d/", "/{0..18446744073709551615}"]))
        switch below(3) {
        case 0: load.rate = .ramp(from: coin() ? .perSecond(0) : rate(), to: rate())
        case 1: load.rate = .closed(users: UInt32(1 + below(1_000_000)), think: think())
        default: break
        }
        if case .closed = load.rate {} else { load.arrivals = one(of: Load.Arrivals.allCases) }
        load.start = coin() ? 0 : duration()
        load.duration = maybe { $0.duration() }
        load.method = one(of: ["GET", "POST", "PUT", "DELETE", "PATCH"])
        load.params = some { generator, index in
            Parameter(name: "\(index) \"\\\u{85}", value: generator.one(of: Self.odd))
        }
        load.headers = fields()
        if ["POST", "PUT", "PATCH"].contains(load.method) {
            load.body = maybe {
                $0.one(of: [#"{"a": [1, null, "\u0041"]}"#, "5", #""x""#, " [ ] "])
            }
        }
        load.useCache = coin()
        load.cancelAfter = maybe { $0.distribution() }
        return load
    }

    private mutating func client() -> ClientSettings {
        var client = ClientSettings()
        client.requestTimeoutMS = 1 + Int(below(86_400_000))
        client.maxRetries = Int(below(101))
        client.retryBaseDelayMS = 1 + Int(below(1_000))
        client.retryMaxDelayMS = client.retryBaseDelayMS + Int(below(1_000))
        client.jitter = one(of: Jitter.allCases)
        client.retryUnsafeMethods = coin()
        client.enableCircuitBreaker = coin()
        client.staleIfErrorS = Int(below(100))
        client.rateLimitPerMinute = Int(below(1_000))
        return client
    }

    private mutating func capacity() -> Capacity {
        Capacity(
            servers: Int(1 + below(100_000)), queue: Int(below(10_000_001)),
            service: distribution(),
            abandoned: one(of: Capacity.Abandoned.allCases))
    }

    private mutating func quota() -> Quota {
        Quota(
            rate: rate(), burst: UInt32(1 + below(1_000_000_000)),
            retryAfter: one(of: Quota.RetryAfter.allCases))
    }

    private mutating func route() -> Route {
        Route(
            path: pattern(), method: maybe { $0.one(of: ["GET", "PUT"]) },
            latency: maybe { $0.distribution() }, status: 200 + Int(below(4)),
            headers: answerFields(),
            body: maybe { $0.one(of: Self.odd) },
            schema: maybe {
                $0.one(of: [
                    "{}", "true", #"{"type":"object","required":["a b"],"minProperties":1.0}"#,
                    ##"{"title":"\"","pattern":"^\\d\u2028 \t$","properties":{"é":{"$ref":"#"}}}"##,
                ])
            })
    }

    mutating func scenario() -> Scenario {
        var scenario = Scenario(
            name: "a \"name\"", duration: duration() + 1, loads: some(1) { $0.load($1) })
        scenario.requirements = some { generator, _ in
            generator.one(of: ["REQ.01", "12", "null", "é"])
        }
        scenario.description = one(of: Self.odd)
        scenario.seed = chance.next()
        scenario.warmup = Int64(below(UInt64(scenario.duration)))
        scenario.epoch = Int64(below(7_000_000_000_000_000_000))
        scenario.fleet = Fleet(count: UInt32(1 + below(10_000)), sharesCache: coin())
        scenario.client = client()
        scenario.upstream = UpstreamConfiguration(
            latency: distribution(), capacity: maybe { $0.capacity() }, quota: maybe { $0.quota() },
            routes: some { generator, _ in generator.route() },
            faults: some { generator, _ in generator.fault() }, referenceTimeout: duration())
        scenario.window = maybe { generator in
            let from = Int(generator.below(1_440))
            let days = BusinessWindow.Weekday.allCases.filter { _ in generator.coin() }
            return BusinessWindow(
                days: days.isEmpty ? [.sunday] : days, from: from,
                to: from + 1 + Int(generator.below(UInt64(1_440 - from))))
        }
        let expressions = [
            "requests > 0", "latency.p95{load=load-0} <= 1.5s", "success_rate>=99.95%",
            "throughput != 0.5/m",
        ]
        scenario.expectations = some { generator, index in
            guard
                let expectation = try? Expectation(
                    generator.one(of: expressions), isAdvisory: generator.coin(), line: index)
            else { preconditionFailure("an expression of the table is malformed") }
            return expectation
        }
        return scenario
    }
}
