/// Scenarios to be served for a second or two.
extension Scenarios {
    /// Each request is refused at first and must wait for one second. The settings are those of a
    /// client whose waits double from 300 ms on.
    static let turnedAway = """
        format: 1
        name: Turned away
        duration: 1m
        client: { retry_base_delay_ms: 300, jitter: none, rate_limit_per_minute: 0 }
        load: [{ name: users, rate: 1/s, path: "/v1/users/{1..500}" }]
        upstream:
          latency: 10ms
          faults: [{ sequence: { fail: 1 }, status: 429, retry_after: 1s }]
        expect: [retry_after.honoured == 100%, success_rate >= 99%]

        """

    /// The answer to each order breaks once, after it was placed.
    static let brokenOrders = """
        format: 1
        name: Broken orders
        duration: 1m
        client: { retry_base_delay_ms: 300, jitter: none, rate_limit_per_minute: 0 }
        load: [{ rate: 1/s, method: POST, path: /v1/orders, body: { item: 7 } }]
        upstream:
          latency: 10ms
          faults: [{ sequence: { fail: 1 }, reset: true }]
        expect: [duplicates == 0]

        """

    /// Each request fails twice.
    static let failsTwice = """
        format: 1
        name: Fails twice
        duration: 1m
        client: { retry_base_delay_ms: 300, jitter: none, rate_limit_per_minute: 0 }
        load: [{ rate: 1/s, path: /v1/prices }]
        upstream:
          latency: 10ms
          faults: [{ sequence: { fail: 2 }, status: 503 }]
        expect: [retry.amplification <= 3]

        """

    /// No request is answered.
    static let silent = """
        format: 1
        name: Silent
        duration: 1m
        load: [{ rate: 1/s, path: /a }]
        upstream: { faults: [{ hang: true }] }

        """

    /// Nothing goes wrong.
    static let calm = """
        format: 1
        name: Calm
        duration: 1m
        client: { rate_limit_per_minute: 0 }
        load: [{ rate: 1/s, path: "/{1..500}" }]
        expect: [retry.amplification == 1]

        """
}
