import APIClient
import KeyedChance
import ScenarioFile
import Testing
import Upstream

@testable import Flight

/// Checks how often a verdict is wrong over a thousand seeds against `docs/scenario-format.md`.
///
/// Each flight has 100 requests of at most two sends, each of which fails with a probability of
/// 40 %. The true success rate is 1 - 0.4^2, and the requests are independent of each other.
@Suite struct VerdictErrorTests {
    private static let truth = 0.84
    private static let requests = 100.0
    private static let seriesLength = 10
    /// The standard deviations of one flight's value and of a series' mean.
    private static let deviation = (truth * (1 - truth) / requests).squareRoot()
    private static let seriesDeviation = deviation / Double(seriesLength).squareRoot()

    private static let flights: Result<[FlightResult], any Error> = Result {
        let plan = try scenario(
            """
            duration: 10s
            load: [ { rate: 10/s, path: /a, use_cache: false } ]
            upstream: { latency: 10ms, faults: [ { status: 503, probability: 40% } ] }
            """, client: "max_retries: 1, enable_circuit_breaker: false")
        return try (1...1_000 as ClosedRange<UInt64>).map { seed in
            var options = FlightOptions(seed: seed, version: "test")
            options.isRecorded = false
            return try FlightRun.fly(plan, options)
        }
    }

    /// A scenario with a single expectation.
    private func plan(_ comparison: String, _ limit: Double) throws -> Scenario {
        // Hundredths of a percent are finer than a flight of 100 requests can tell.
        let parts = Int((limit * 10_000).rounded())
        let decimals = parts % 100 < 10 ? "0\(parts % 100)" : "\(parts % 100)"
        return try scenario(
            """
            duration: 1s
            load: [ { rate: 1/s, path: /a } ]
            expect: [ success_rate \(comparison) \(parts / 100).\(decimals)% ]
            """)
    }

    /// The number of flights with a verdict.
    private func count(
        _ verdict: Verdict, _ comparison: String, _ limit: Double
    ) throws -> Int {
        let expectations = try plan(comparison, limit).expectations
        return try Self.flights.get().count { flight in
            var flight = flight
            flight.scenario.expectations = expectations
            return Judge.judge(flight).map(\.verdict) == [verdict]
        }
    }

    /// The number of series with a verdict, among a hundred series of ten seeds.
    private func countSeries(
        _ verdict: Verdict, _ comparison: String, _ limit: Double
    ) throws -> Int {
        let expectations = try plan(comparison, limit).expectations
        let flights = try Self.flights.get()
        return stride(from: 0, to: flights.count, by: Self.seriesLength).count { start in
            var series = Array(flights[start..<start + Self.seriesLength])
            series[0].scenario.expectations = expectations
            return Judge.judge(series: series).map(\.verdict) == [verdict]
        }
    }

    @Test func aFlightIsWrongOnceInAHundredAtThreeDeviations() throws {
        let margin = 3 * Self.deviation
        #expect(try count(.failed, ">=", Self.truth - margin) <= 10)
        #expect(try count(.failed, "<=", Self.truth + margin) <= 10)
        // On the wrong side of the limit, passing verdicts are as rare.
        #expect(try count(.passed, ">=", Self.truth + margin) <= 10)
        #expect(try count(.passed, "<=", Self.truth - margin) <= 10)
        // Without a margin about half of the verdicts are wrong: a limit must not equal the expected value.
        #expect(try (300...700).contains(count(.failed, ">", Self.truth)))
    }

    @Test func aSeriesIsWrongOnceInFortyWithoutAnyMargin() throws {
        // 2.5 % of 100 series, plus four standard deviations.
        #expect(try countSeries(.failed, ">=", Self.truth) <= 8)
        #expect(try countSeries(.failed, "<=", Self.truth) <= 8)
    }

    @Test func aSeriesWithAMarginOfFiveDeviationsOfItsMeanIsDecided() throws {
        let margin = 5 * Self.seriesDeviation
        #expect(try countSeries(.failed, ">=", Self.truth - margin) == 0)
        #expect(try countSeries(.passed, ">=", Self.truth - margin) >= 95)
        #expect(try countSeries(.passed, ">=", Self.truth + margin) == 0)
        #expect(try countSeries(.failed, ">=", Self.truth + margin) >= 95)
    }

    @Test func ofAHundredIntervalsNinetyFiveHoldTheTruth() throws {
        let flights = try Self.flights.get()
        let held = stride(from: 0, to: flights.count, by: Self.seriesLength).count { start in
            let values = flights[start..<start + Self.seriesLength].compactMap {
                $0.value("success_rate")
            }
            guard let interval = StudentInterval(values) else { return false }
            return (interval.low...interval.high).contains(Self.truth)
        }
        // Four standard deviations of a hundred intervals.
        #expect((95 - 9...100).contains(held))
    }

    /// Without flights many more are possible: sums of twelve uniform draws are close to normal.
    @Test(arguments: [2, 10]) func coverageIsNinetyFivePercent(size: Int) {
        let stream = Chance.Stream("coverage")
        let series = 4_000
        let held = (0..<series).count { number in
            let values = (0..<size).map { index in
                var chance = Chance(
                    seed: 1, stream: stream, request: UInt64(number), attempt: UInt32(index))
                return (0..<12).reduce(into: -6.0) { sum, _ in
                    sum += Double(chance.below(1 << 32)) / Double(1 << 32)
                }
            }
            guard let interval = StudentInterval(values) else { return false }
            return (interval.low...interval.high).contains(0)
        }
        // Four standard deviations are 1.4 points.
        #expect(abs(Double(held) / Double(series) - 0.95) <= 0.014)
    }
}
