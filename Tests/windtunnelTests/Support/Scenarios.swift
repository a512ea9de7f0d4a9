/// Scenario files of the tests.
enum Scenarios {
    /// A scenario that passes: 200 requests without faults.
    static let passing = """
        format: 1
        name: Passing
        duration: 10s
        client: { rate_limit_per_minute: 0 }
        load:
          - { rate: 20/s, path: /v1/users, use_cache: false }
        upstream: { latency: 40ms }
        expect:
          - breaker.opens == 0

        """

    /// A scenario whose last line, the ninth, fails: a third of the answers are errors, and there
    /// are no retries.
    static let failing = """
        format: 1
        name: Failing
        duration: 100s
        client: { rate_limit_per_minute: 0, max_retries: 0, enable_circuit_breaker: false }
        load: [{ rate: 20/s, path: "/v1/users/{1..9}", use_cache: false }]
        upstream: { latency: 40ms, faults: [{ probability: 30%, status: 503 }] }
        expect:
          - breaker.opens == 0
          - success_rate >= 99%

        """

    /// An inconclusive scenario: 20 samples where 384 are needed.
    static let inconclusive = """
        format: 1
        name: Inconclusive
        duration: 1s
        client: { rate_limit_per_minute: 0 }
        load: [{ rate: 20/s, path: /v1/users, use_cache: false }]
        upstream: { latency: 40ms }
        expect: [success_rate >= 99%]

        """

    /// Random arrivals, latency and faults, retries: 1 000 requests that differ with every seed.
    static let noisy = """
        format: 1
        name: Noisy
        duration: 10s
        client: { rate_limit_per_minute: 0 }
        load: [{ rate: 100/s, arrivals: poisson, path: "/v1/users/{1..500}", use_cache: false }]
        upstream:
          latency: { lognormal: { median: 40ms, p99: 180ms } }
          faults: [{ probability: 5%, status: 503 }]
        expect: [retry.success_rate >= 50%]

        """

    /// 86 million requests: lasts until it is stopped.
    static let endless = """
        format: 1
        name: Endless
        duration: 24h
        client: { rate_limit_per_minute: 0 }
        load: [{ rate: 1000/s, path: "/v1/users/{1..500}", use_cache: false }]
        upstream: { latency: 40ms, faults: [{ probability: 2%, status: 503 }] }
        expect: [breaker.opens == 0]

        """
}
