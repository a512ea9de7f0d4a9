import KeyedChance
import ScenarioFile
import Testing
import Upstream

@testable import Flight

/// Retries in whole flights, compared with closed forms. For the rate of false alarms see `Bounds`.
@Suite struct RetryPhysicsTests {
    /// Each send fails independently with probability p: with n retries a share of 1 - p^(n + 1) succeeds, and
    /// a request sends (1 - p^(n + 1)) / (1 - p) times. `retries` is the expected n.
    @Test(arguments: [
        ("status: 500", 25, "max_retries: 2", 2), ("status: 502", 50, "max_retries: 4", 4),
        ("status: 504", 40, "max_retries: 1", 1), ("status: 408", 30, "max_retries: 3", 3),
        ("reset: true", 35, "max_retries: 2", 2),
        // At most one retry follows a 429, unless more are allowed.
        ("status: 429", 30, "max_retries: 3", 1),
        ("status: 429", 30, "max_retries: 3, rate_limit_retries: 2", 2),
        // Failures that a retry cannot fix.
        ("status: 404", 30, "max_retries: 3", 0), ("malformed_json: true", 35, "max_retries: 2", 0),
        ("status: 501", 30, "max_retries: 3", 0),
        ("status: 503", 30, "max_retries: 0", 0),
    ])
    func retriesAgainstIndependentFailures(
        fault: String, percent: Int, client: String, retries: Int
    ) throws {
        let count = 3_000
        let flight = try fly(
            """
            duration: 30s
            load: [ { rate: 100/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { \(fault), probability: \(percent)% } ] }
            """, client: client + ", enable_circuit_breaker: false")
        let p = Double(percent) / 100
        var powers = [1.0]  // of p, from 0 to retries + 1
        for _ in 0...retries { powers.append(powers[powers.count - 1] * p) }
        let success = 1 - powers[retries + 1]
        #expect(
            abs((flight.value("success_rate") ?? -1) - success)
                <= Bounds.share(success, of: count))
        let mean = success / (1 - p)
        // E[N^2] is the sum of (2k - 1) P(N >= k), and P(N >= k) = p^(k - 1).
        let square = (1...retries + 1).reduce(0.0) { $0 + Double(2 * $1 - 1) * powers[$1 - 1] }
        let bound = Bounds.z * (max(0, square - mean * mean) / Double(count)).squareRoot()
        #expect(abs((flight.value("retry.amplification") ?? -1) - mean) <= bound + 1e-9)
    }

    // MARK: Waits

    /// The five waits of each of 500 requests, in nanoseconds: every send fails after 10 ms.
    private func waits(_ client: String, seed: UInt64 = 42) throws -> [[Double]] {
        let plan = try scenario(
            """
            duration: 50s
            load: [ { rate: 10/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { status: 503 } ] }
            """, client: "max_retries: 5, enable_circuit_breaker: false",
            settings: client.split(separator: " ").map(String.init))
        let upstream = WatchedUpstream(plan.upstream)
        let result = try FlightRun.fly(
            plan, FlightOptions(seed: seed, version: "test"), upstream: upstream)
        #expect(result.violated == [])
        let waits = upstream.byRequest.map { sends in
            zip(sends, sends.dropFirst()).map { Double($1.instant - $0.end) }
        }
        #expect(waits.count == 500 && waits.allSatisfy { $0.count == 5 })
        return waits
    }

    /// Each wait is uniform from 0, or from half the delay, up to a delay that doubles from 100 ms;
    /// Kolmogorov-Smirnov tests below and at the maximum.
    @Test(arguments: [("full", 0.0), ("equal", 0.5)])
    func jitteredWaitsAreUniform(jitter: String, least: Double) throws {
        let waits = try waits("client.jitter=\(jitter) client.retry_max_delay_ms=700")
        for (retry, cap) in [100.0, 200, 400, 700, 700].enumerated() {
            let shares = waits.map { $0[retry] / (cap * Double(ms)) }
            let largest = Bounds.distance(shares) { min(1, max(0, ($0 - least) / (1 - least))) }
            #expect(largest <= Bounds.distance(of: 500), "retry \(retry + 1)")
            #expect(shares.allSatisfy { $0 >= least && $0 <= 1 })
        }
        // Consecutive waits are independent: the mean product of the deviations of two is 0, and a relative
        // wait has the variance (1 - least)^2 / 12.
        let middle = (1 + least) / 2
        let product = waits.reduce(0.0) { sum, wait in
            sum + (wait[0] / (100 * Double(ms)) - middle) * (wait[1] / (200 * Double(ms)) - middle)
        }
        let variance = (1 - least) * (1 - least) / 12
        #expect(abs(product / 500) <= Bounds.z * variance / 500.squareRoot())
    }

    /// Each wait is uniform from the base to three times the previous wait, so its mean is (base + 3 previous)
    /// / 2: 2, 3.5 and 5.75 bases.
    @Test func decorrelatedWaitsGrowFromOneToTheNext() throws {
        let base = 100 * Double(ms)
        let cap = 5_000 * Double(ms)
        let waits = try waits("client.jitter=decorrelated")
        for retry in 0..<5 {
            let shares = waits.map { wait in
                let upper = min(cap, 3 * (retry == 0 ? base : wait[retry - 1]))
                return (wait[retry] - base) / (upper - base)
            }
            let largest = Bounds.distance(shares) { min(1, max(0, $0)) }
            #expect(largest <= Bounds.distance(of: 500), "retry \(retry + 1)")
        }
        for (retry, mean) in [2, 3.5, 5.75].enumerated() {
            let values = waits.map { $0[retry] / base }
            let found = values.reduce(0, +) / 500
            let variance = values.reduce(0) { $0 + ($1 - found) * ($1 - found) } / 499
            #expect(abs(found - mean) <= Bounds.z * (variance / 500).squareRoot())
        }
    }

    @Test func withoutJitterTheWaitsDouble() throws {
        let expected = [100, 200, 400, 800, 1_600].map { Double($0) * Double(ms) }
        #expect(try waits("client.jitter=none").allSatisfy { $0 == expected })
    }
}
