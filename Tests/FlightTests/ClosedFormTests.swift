import ScenarioFile
import Testing
import Upstream

@testable import Flight

/// Compares figures with closed forms, each within 4 standard deviations at a fixed seed.
@Suite struct ClosedFormTests {
    /// 10 000 requests with n retries; each send fails independently with probability p.
    @Test(arguments: [(20, 3), (30, 3), (36, 2), (45, 1), (10, 0)])
    func retriesAgainstIndependentFailures(percent: Int, retries: Int) throws {
        let flight = try fly(
            """
            duration: 100s
            load: [ { rate: 100/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { status: 503, probability: \(percent)% } ] }
            """, client: "max_retries: \(retries), enable_circuit_breaker: false")
        let p = Double(percent) / 100
        var power = 1.0  // p^retries
        for _ in 0..<retries { power *= p }

        let cohort = try #require(flight.figure("retry.success_rate"))
        let size = Double(cohort.samples)
        #expect(abs(size - 10_000 * p) <= 4 * (10_000 * p * (1 - p)).squareRoot())
        let rate = 1 - power
        let deviation = (rate * (1 - rate) / size).squareRoot()
        #expect(abs((cohort.value ?? -1) - rate) <= 4 * deviation)

        let success = 1 - power * p
        #expect(
            abs((flight.value("success_rate") ?? -1) - success)
                <= 4 * (success * (1 - success) / 10_000).squareRoot())

        // Number of sends: k with probability p^(k-1) (1 - p); the last one with p^n.
        let mean = (1 - power * p) / (1 - p)
        var square = 0.0
        var reached = 1.0
        for k in 1...retries + 1 {
            // P(sends >= k) = p^(k-1); E[N^2] is the sum of (2k - 1) P(N >= k).
            square += Double(2 * k - 1) * reached
            reached *= p
        }
        let spread = ((square - mean * mean) / 10_000).squareRoot()
        #expect(abs((flight.value("retry.amplification") ?? -1) - mean) <= 4 * spread)
    }

    private func counts(_ arrivals: Load.Arrivals, seed: UInt64) throws -> [Int] {
        let load = Load(name: "a", rate: .steady(.perSecond(100)), arrivals: arrivals, path: "/a")
        var process = ArrivalProcess(load, at: 0, seed: seed, end: 1_000 * second)
        var counts = [Int](repeating: 0, count: 1_000)
        while let (_, instant) = process.next() { counts[Int(instant / second)] += 1 }
        return counts
    }

    /// 1 000 bins with mean 100 and variance 100. Bound for the mean: 4 * sqrt(100 / 1 000) = 1.27. The
    /// variance of the variance is about (2 * 100^2 + 100) / 1 000, so its bound is 4 * sqrt(20.1) = 18.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func poissonArrivalsHaveOneMeanAndVariance(seed: UInt64) throws {
        let counts = try counts(.poisson, seed: seed)
        let mean = Double(counts.reduce(0, +)) / 1_000
        let variance = counts.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / 999
        #expect(abs(mean - 100) < 1.27)
        #expect(abs(variance - 100) < 18)
    }

    @Test func constantArrivalsAreExact() throws {
        #expect(try counts(.constant, seed: 1) == Array(repeating: 100, count: 1_000))
    }

    /// 7 arrivals in 3 s have no even distance in nanoseconds: number k arrives at k * 3 / 7 s, rounded down,
    /// without drift.
    @Test func constantArrivalsDoNotDrift() throws {
        let plan = try scenario(
            "duration: 9h\nload: [ { rate: 2.333333/s, at: 1s, for: 8h, path: /a } ]")
        var process = ArrivalProcess(plan.loads[0], at: 0, seed: 1, end: plan.duration)
        var count: Int64 = 0
        while let (number, instant) = process.next() {
            // 2 333 333 arrivals in 10^6 s.
            let exact = (Int128(number) * 1_000_000_000_000_000) / 2_333_333
            #expect(number == UInt64(count) && Int128(instant) == Int128(second) + exact)
            count += 1
            if count == 20_000 { break }
        }
        #expect(count == 20_000)
    }

    @Test func aLoadStartsAndEndsInItsInterval() throws {
        let load = Load(
            name: "a", rate: .steady(.perSecond(2)), start: 3 * second, duration: 2 * second,
            path: "/a")
        var process = ArrivalProcess(load, at: 0, seed: 1, end: 100 * second)
        var instants: [Int64] = []
        while let (_, instant) = process.next() { instants.append(instant) }
        #expect(instants == [3_000, 3_500, 4_000, 4_500].map { $0 * ms })
    }
}
