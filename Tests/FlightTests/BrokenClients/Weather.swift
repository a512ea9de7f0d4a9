import Upstream

/// The scenarios that show the flaws, each as short as possible.
extension BrokenClient.Weather {
    /// The same scenario with other client settings, which take precedence.
    func with(_ settings: String) -> Self {
        var changed = self
        let names = settings.split(separator: ",").map { $0.split(separator: ":")[0] }
        let own = client.split(separator: ",").filter { setting in
            !names.contains { setting.contains($0) }
        }
        changed.client = (own.map(String.init) + [settings]).joined(separator: ", ")
        return changed
    }

    private static let bare = "enable_circuit_breaker: false, enable_caching: false"

    static let errors = Self(
        text: """
            duration: 60s
            load: [ { rate: 10/s, path: "/v1/users/{1..500}" } ]
            upstream: { latency: 20ms, faults: [ { probability: 60%, status: 503 } ] }
            """, client: bare)
    static let rateLimited = Self(
        text: """
            duration: 20s
            load: [ { rate: 5/s, path: /v1/users } ]
            upstream: { latency: 20ms, faults: [ { probability: 30%, status: 429, retry_after: 2s } ] }
            """, client: bare)
    static let resets = Self(
        text: """
            duration: 20s
            load: [ { rate: 5/s, method: POST, path: /v1/orders, body: { a: 1 } } ]
            upstream: { latency: 20ms, faults: [ { probability: 30%, reset: true } ] }
            """, client: bare)
    static let brokenConnections = Self(
        text: """
            duration: 20s
            load: [ { rate: 5/s, path: /v1/users } ]
            upstream: { latency: 20ms, faults: [ { probability: 60%, reset: true } ] }
            """, client: bare)
    static let notFound = Self(
        text: """
            duration: 10s
            load: [ { rate: 5/s, path: /v1/users } ]
            upstream: { latency: 20ms, routes: [ { path: /v1/users, status: 404 } ] }
            """, client: bare)
    static let hangs = Self(
        text: """
            duration: 10s
            load: [ { rate: 1/s, path: /v1/users } ]
            upstream: { latency: 20ms, faults: [ { hang: true } ] }
            """, client: bare + ", request_timeout_ms: 1000, total_timeout_ms: 2500")
    static let cancelled = Self(
        text: """
            duration: 20s
            load: [ { rate: 5/s, path: /v1/users } ]
            upstream: { latency: 20ms, faults: [ { probability: 80%, status: 500 } ] }
            """, client: bare, cancelAfter: .uniform(from: 0, to: 300_000_000))
    /// The seconds from 50 to 70 are in two minutes of the clock.
    static let limited = Self(
        text: """
            duration: 80s
            load: [ { at: 50s, for: 20s, rate: 10/s, path: /v1/users } ]
            upstream: { latency: 20ms }
            """, client: bare, settings: ["client.rate_limit_per_minute=60"])
    static let outage = Self(
        text: """
            duration: 20s
            load: [ { rate: 5/s, path: /v1/users } ]
            upstream: { latency: 20ms, faults: [ { status: 500 } ] }
            """, client: "enable_caching: false")
    static let noise = Self(
        text: """
            duration: 60s
            load: [ { rate: 10/s, arrivals: poisson, path: /v1/users, use_cache: false } ]
            upstream: { latency: 20ms, faults: [ { probability: 5%, status: 500 } ] }
            """)

    /// An upstream that fails and recovers repeatedly, and is slow.
    static func flapping(cancelAfter: Distribution? = nil) -> Self {
        Self(
            text: """
                duration: 60s
                load: [ { rate: 20/s, arrivals: poisson, path: /v1/users, use_cache: false } ]
                upstream:
                  latency: { uniform: { from: 1ms, to: 3s } }
                  faults: [ { at: 1s, for: 2s, every: 5s, status: 503 } ]
                """,
            client: "circuit_breaker_threshold: 2, circuit_breaker_timeout_s: 1",
            cancelAfter: cancelAfter)
    }

    /// Answers that are fresh for one second and usable as stale answers for two more. After that
    /// the upstream does not answer for a long time.
    static func staleness(headers: String = "{}") -> Self {
        Self(
            text: """
                duration: 30s
                load: [ { rate: 2/s, path: /v1/users } ]
                upstream:
                  latency: 20ms
                  routes: [ { path: /v1/users, headers: \(headers) } ]
                  faults: [ { at: 5s, hang: true } ]
                """,
            client: """
                request_timeout_ms: 100, total_timeout_ms: 300, cache_ttl_seconds: 1, \
                stale_if_error_s: 2, enable_circuit_breaker: false
                """)
    }
    static func cacheControl(_ value: String) -> Self {
        Self(
            text: """
                duration: 10s
                load: [ { rate: 2/s, path: /v1/users } ]
                upstream:
                  latency: 20ms
                  routes: [ { path: /v1/users, headers: { Cache-Control: \(value) } } ]
                """)
    }
    static let tenants = Self(
        text: """
            duration: 10s
            load:
              - { name: a, rate: 2/s, path: /v1/users, headers: { X-Tenant: a } }
              - { name: b, at: 3s, rate: 2/s, path: /v1/users, headers: { X-Tenant: b } }
            upstream: { latency: 20ms }
            """)
    static let missing = Self(
        text: """
            duration: 10s
            load: [ { rate: 2/s, path: /v1/users } ]
            upstream: { latency: 20ms, routes: [ { path: /v1/users, status: 404 } ] }
            """)
    static let popular = Self(
        text: """
            duration: 10s
            load: [ { rate: 100/s, path: /v1/users } ]
            upstream: { latency: 100ms }
            """, client: "cache_ttl_seconds: 1")
}
