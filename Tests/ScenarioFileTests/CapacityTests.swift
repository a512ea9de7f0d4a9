import ScenarioFile
import Testing
import Upstream

@Suite struct CapacityTests {
    private func upstream(_ keys: String) throws -> UpstreamConfiguration {
        try decode(minimal("upstream: { \(keys) }\n")).upstream
    }

    private func found(_ keys: String) -> [String] {
        diagnostics(of: minimal("upstream: { \(keys) }\n"))
    }

    @Test("Without them there is neither capacity nor quota") func absent() throws {
        let upstream = try upstream("latency: 1s")
        #expect(upstream.capacity == nil)
        #expect(upstream.quota == nil)
    }

    @Test(
        "A capacity has servers, a queue and a service distribution",
        arguments: [
            (
                "servers: 4, queue: 100, service: { exponential: { mean: 20ms } }",
                Capacity(servers: 4, queue: 100, service: .exponential(mean: 20_000_000))
            ),
            (
                "servers: 1, queue: 0, service: 5ms, abandoned: finish",
                Capacity(servers: 1, queue: 0, service: .fixed(5_000_000), abandoned: .finish)
            ),
            (
                "servers: 100000, queue: 10000000, service: 0s, abandoned: drop",
                Capacity(
                    servers: 100_000, queue: 10_000_000, service: .fixed(0), abandoned: .drop)
            ),
        ])
    func capacity(keys: String, expected: Capacity) throws {
        #expect(try upstream("capacity: { \(keys) }").capacity == expected)
    }

    @Test(
        "A quota's burst is one second's worth of its rate where nothing is said",
        arguments: [
            ("rate: 40/s", RequestRate.perSecond(40), 40, .seconds),
            ("rate: 40/s, burst: 80, retry_after: date", .perSecond(40), 80, .date),
            ("rate: 40/s, burst: 1, retry_after: none", .perSecond(40), 1, .none),
            ("rate: 150/m, retry_after: seconds", .perMinute(150), 2, .seconds),
            ("rate: 1/m", .perMinute(1), 1, .seconds),
            ("rate: 10000000/s", .perSecond(10_000_000), 10_000_000, .seconds),
            ("rate: 0.5/s", RequestRate(count: 1, per: 2_000_000_000), 1, .seconds),
        ] as [(String, RequestRate, UInt32, Quota.RetryAfter)])
    func quota(keys: String, rate: RequestRate, burst: UInt32, retryAfter: Quota.RetryAfter) throws
    {
        #expect(
            try upstream("quota: { \(keys) }").quota
                == Quota(rate: rate, burst: burst, retryAfter: retryAfter))
    }

    @Test(
        "What is wrong is told with its place and what is right",
        arguments: [
            ("capacity: { queue: 1, service: 1s }", ["5:23: capacity needs 'servers'"]),
            (
                "capacity: { servers: 1 }",
                ["5:23: capacity needs 'queue'", "5:23: capacity needs 'service'"]
            ),
            (
                "capacity: { servers: 0, queue: -1, service: 1 }",
                [
                    "5:34: 'servers' is '0'; expected a whole number from 1 to 100000",
                    "5:44: 'queue' is '-1'; expected a whole number from 0 to 10000000",
                    "5:57: 'service' has no unit; write 1ms or 1s",
                ]
            ),
            (
                "capacity: { servers: 1, queue: 1, service: 1s, abandoned: finished }",
                [
                    "5:71: 'abandoned' is 'finished'; expected one of finish, drop; "
                        + "did you mean 'finish'?"
                ]
            ),
            (
                "capacity: { servers: 1, queue: 1, sevice: 1s }",
                [
                    "5:23: capacity needs 'service'",
                    "5:47: unknown key 'sevice' in capacity; expected one of servers, queue, "
                        + "service, abandoned; did you mean 'service'?",
                ]
            ),
            (
                "capacity: 5",
                [
                    "5:23: 'capacity' is a number; expected a mapping with one of servers, "
                        + "queue, service, abandoned"
                ]
            ),
            ("quota: { burst: 5 }", ["5:20: quota needs 'rate'"]),
            ("quota: { rate: 0/s }", ["5:28: 'rate' is 0; it must be above 0"]),
            (
                "quota: { rate: 5, burst: 0, retry_after: minutes }",
                [
                    "5:28: 'rate' has no unit; write 5/s or 5/m",
                    "5:38: 'burst' is '0'; expected a whole number from 1 to 1000000000",
                    "5:54: 'retry_after' is 'minutes'; expected one of seconds, date, none",
                ]
            ),
            (
                "quotas: { rate: 5/s }",
                [
                    "5:13: unknown key 'quotas' in upstream; expected one of latency, capacity, "
                        + "quota, routes, faults; did you mean 'quota'?"
                ]
            ),
        ] as [(String, [String])])
    func wrong(keys: String, messages: [String]) {
        #expect(found(keys) == messages.map { "a.yaml:\($0)" })
    }
}

@Suite struct FleetTests {
    @Test(
        "Clients are a number, or a number and whose cache it is",
        arguments: [
            ("", Fleet()), ("clients: 1\n", Fleet()), ("clients: 10000\n", Fleet(count: 10_000)),
            ("clients: { count: 100 }\n", Fleet(count: 100)),
            ("clients: { count: 100, cache: own }\n", Fleet(count: 100)),
            ("clients: { count: 2, cache: shared }\n", Fleet(count: 2, sharesCache: true)),
        ])
    func forms(text: String, fleet: Fleet) throws {
        #expect(try decode(minimal(text)).fleet == fleet)
    }

    @Test(
        "What is wrong is told with its place and what is right",
        arguments: [
            ("clients: 0", "5:10: 'clients' is '0'; expected a whole number from 1 to 10000"),
            (
                "clients: 10001",
                "5:10: 'clients' is '10001'; expected a whole number from 1 to 10000"
            ),
            ("clients: many", "5:10: 'clients' is 'many'; expected a whole number from 1 to 10000"),
            (
                "clients: [ 5 ]",
                "5:10: 'clients' is a list; expected a mapping with one of count, cache"
            ),
            ("clients: { cache: own }", "5:10: clients needs 'count'"),
            (
                "clients: { count: 5, cache: share }",
                "5:29: 'cache' is 'share'; expected one of own, shared; did you mean 'shared'?"
            ),
            (
                "clients: { count: 5, cach: own }",
                "5:22: unknown key 'cach' in clients; expected one of count, cache; "
                    + "did you mean 'cache'?"
            ),
        ])
    func wrong(text: String, message: String) {
        #expect(diagnostics(of: minimal(text + "\n")) == ["a.yaml:\(message)"])
    }

    @Test("How many clients fly can be set from outside of the file") func override() throws {
        #expect(try decode(minimal(), settings: ["clients=5"]).fleet == Fleet(count: 5))
    }
}
