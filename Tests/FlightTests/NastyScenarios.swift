import ScenarioFile

/// Short scenarios with many faults at the same time.
enum NastyScenarios {
    static let names = ["storm", "limited", "cached", "flapping"]

    static func scenario(_ name: String) throws -> Scenario {
        switch name {
        case "storm": try storm
        case "limited": try limited
        case "cached": try cached
        default: try flapping
        }
    }

    /// Noise, an outage, a hang, spikes and rate limits, with the client's defaults.
    private static var storm: Scenario {
        get throws {
            try FlightTests.scenario(
                """
                duration: 70s
                load:
                  - { rate: 2/s, arrivals: poisson, path: "/v1/users/{1..500}", use_cache: false }
                  - { rate: 30/m, method: POST, path: /v1/orders, body: { a: 1 } }
                upstream:
                  latency: { lognormal: { median: 40ms, p99: 900ms } }
                  faults:
                    - { probability: 5%, status: 503, retry_after: 1s }
                    - { at: 5s, for: 6s, hang: true }
                    - { at: 20s, for: 8s, probability: 90%, status: 500 }
                    - { probability: 10%, latency: { pareto: { min: 500ms, alpha: 1.1 } } }
                    - { at: 30s, probability: 20%, status: 429, retry_after: { date: 3s } }
                """, settings: ["client.jitter=full", "client.rate_limit_per_minute=0"])
        }
    }

    /// More requests than the limiter admits, broken connections, and requests that must not be repeated.
    private static var limited: Scenario {
        get throws {
            try FlightTests.scenario(
                """
                duration: 70s
                load:
                  - { rate: 2/s, arrivals: poisson, path: "/v1/users/{1..500}", use_cache: false }
                  - { rate: 20/m, method: POST, path: /v1/orders, body: { a: 1 } }
                  - { rate: 20/m, method: PATCH, path: /v1/orders, headers: { idempotency-key: k } }
                upstream:
                  latency: { exponential: { mean: 100ms } }
                  faults:
                    - { at: 3s, for: 100ms, every: 6s, refuse: true }
                    - { probability: 15%, reset: true }
                    - { probability: 5%, malformed_json: true }
                """,
                settings: ["client.jitter=decorrelated", "client.rate_limit_per_minute=60"])
        }
    }

    /// A few resources that are also written to, and expire within seconds while the upstream hangs.
    private static var cached: Scenario {
        get throws {
            try FlightTests.scenario(
                """
                duration: 40s
                load:
                  - { rate: 4/s, arrivals: poisson, path: "/v1/users/{1..3}" }
                  - { rate: 2/s, path: "/v1/users/{1..3}", params: { page: 1 } }
                  - { rate: 12/m, method: PUT, path: "/v1/users/{1..3}", body: { a: 1 } }
                upstream:
                  latency: { exponential: { mean: 300ms } }
                  routes: [ { path: /v1/users/3, status: 404 } ]
                  faults:
                    - { at: 10s, for: 5s, every: 15s, hang: true }
                    - { probability: 10%, status: 503 }
                """,
                client: "request_timeout_ms: 1000, total_timeout_ms: 4000, cache_ttl_seconds: 3",
                settings: ["client.jitter=full"])
        }
    }

    /// A breaker that opens easily, with an upstream that fails and recovers repeatedly.
    private static var flapping: Scenario {
        get throws {
            try FlightTests.scenario(
                """
                duration: 40s
                load:
                  - { rate: 5/s, arrivals: poisson, path: "/v1/users/{1..500}", use_cache: false }
                upstream:
                  latency: { uniform: { from: 1ms, to: 1500ms } }
                  faults:
                    - { at: 1s, for: 1s, every: 3s, status: 503 }
                    - { probability: 20%, hang: true }
                    - { at: 10s, for: 5s, status: 500, sequence: { fail: 1 } }
                """,
                client: """
                    request_timeout_ms: 1000, circuit_breaker_threshold: 2, circuit_breaker_timeout_s: 1
                    """, settings: ["client.jitter=equal"])
        }
    }
}
