import KeyedChance
public import ScenarioFile

/// The result of judging an expectation, a scenario or a run.
public enum Verdict: String, Sendable, Hashable {
    case passed
    case failed
    case inconclusive

    /// The worse of two verdicts. From worst to best: failed, inconclusive, passed.
    public func and(_ other: Verdict) -> Verdict {
        if self == .failed || other == .failed { return .failed }
        return self == .inconclusive || other == .inconclusive ? .inconclusive : .passed
    }
}

/// An expectation with the observed value and the verdict.
public struct ExpectationResult: Sendable, Hashable {
    /// The expectation that was judged.
    public var expectation: Expectation
    /// The observed value, in the metric's unit; nil: no samples.
    public var observed: Double?
    /// The lower end of the confidence interval over several seeds; nil: a single flight.
    public var low: Double?
    /// The upper end of that interval.
    public var high: Double?
    /// A text observed instead of a value, such as `not recovered`; see ``Figure/note``.
    public var note: String?
    /// The number of events that the value is based on.
    public var samples: UInt64
    /// The verdict on the expectation.
    public var verdict: Verdict
    /// Why the verdict is inconclusive; empty for other verdicts.
    public var reason: String
    /// The numbers of the first few requests that broke it.
    public var offenders: [UInt64]
    /// Whether its figure can be known. With an external client only what the upstream sees can be judged; an
    /// expectation that cannot be judged never fails a run. Defaults to `true`.
    public var isJudged = true
    /// Whether its figure counts so few events that another seed may easily show none or twice as many.
    public var isOfFewEvents = false
}

/// Judges expectations by the rules of `docs/scenario-format.md`.
public enum Judge {
    /// The minimum number of seeds for intervals. With fewer, each flight is judged separately.
    public static let seedsForIntervals = 10

    /// Judges one flight by its values. Inconclusive if a value is based on too few samples.
    public static func judge(_ flight: FlightResult) -> [ExpectationResult] {
        flight.scenario.expectations.map { expectation in
            let figure = flight.figure(expectation.metric.rawValue, load: expectation.load)
            var result = ExpectationResult(
                expectation: expectation, observed: figure?.value, samples: figure?.samples ?? 0,
                verdict: .inconclusive, reason: "no samples", offenders: figure?.offenders ?? [])
            if let note = figure?.note {
                (result.verdict, result.reason, result.note) = (.failed, "", note)
            }
            if figure == nil && flight.mode == .serve {
                result.isJudged = false
                result.reason = "cannot be judged from the upstream's side"
            }
            guard let figure, let value = figure.value else { return result }
            let samples = figure.samples
            let needed = samplesNeeded(expectation)
            guard samples >= needed else {
                result.reason = "\(samples) samples; at least \(needed) are needed"
                return result
            }
            (result.low, result.high) = (figure.low, figure.high)
            result.isOfFewEvents = figure.isOfFewEvents
            (result.verdict, result.reason) = verdict(
                expectation, [value, figure.low ?? value, figure.high ?? value])
            if result.verdict == .failed, let late = lateness(flight, expectation, value) {
                (result.verdict, result.reason) = (.inconclusive, late)
            }
            if result.verdict == .passed { result.offenders = [] }
            return result
        }
    }

    /// Why a missed latency limit may be the machine's fault: without the lateness of this machine's deliveries (its
    /// p99, or its maximum for metrics p999 and max) the value would meet the limit. nil: lateness does not explain it.
    private static func lateness(
        _ flight: FlightResult, _ expectation: Expectation, _ value: Double
    ) -> String? {
        guard let delivery = flight.delivery, expectation.metric.rawValue.hasPrefix("latency.")
        else { return nil }
        let isAboutTheLast = ["p999", "max"].contains {
            expectation.metric.rawValue.hasSuffix($0)
        }
        guard let late = isAboutTheLast ? delivery.max : delivery.p99,
            expectation.holds(value - late)
        else { return nil }
        return "answers came up to \(late) ms later than decided: this machine was too slow to tell"
    }

    /// Judges ten or more flights with different seeds by Student's t interval of their values.
    public static func judge(series flights: [FlightResult]) -> [ExpectationResult] {
        guard let first = flights.first else { return [] }
        return first.scenario.expectations.map { expectation in
            let figures = flights.compactMap {
                $0.figure(expectation.metric.rawValue, load: expectation.load)
            }
            let values = figures.compactMap(\.value)
            var result = ExpectationResult(
                expectation: expectation, observed: nil,
                samples: figures.reduce(0) { $0 + $1.samples }, verdict: .inconclusive,
                reason: "no samples in \(flights.count - values.count) of \(flights.count) flights",
                offenders: [])
            let notes = figures.compactMap(\.note)
            if let note = notes.first {
                result.verdict = .failed
                result.note = note
                result.reason = "in \(notes.count) of \(flights.count) flights"
                return result
            }
            guard let interval = StudentInterval(values) else { return result }
            (result.observed, result.low, result.high) = (
                interval.mean, interval.low, interval.high
            )
            guard values.count == flights.count else { return result }
            (result.verdict, result.reason) = verdict(expectation, values, interval)
            if result.verdict == .failed,
                let late = flights.compactMap({ lateness($0, expectation, interval.low) }).last
            {
                (result.verdict, result.reason) = (.inconclusive, late)
            }
            return result
        }
    }

    /// Judges the value of one flight together with its lowest and highest readings, which differ if sends can
    /// be assigned to requests in more than one way.
    private static func verdict(
        _ expectation: Expectation, _ readings: [Double]
    ) -> (Verdict, String) {
        let held = readings.filter { expectation.holds($0) }.count
        if held == readings.count { return (.passed, "") }
        if held == 0 { return (.failed, "") }
        return (.inconclusive, "some sends may be attempts of one request or requests of their own")
    }

    private static func verdict(
        _ expectation: Expectation, _ values: [Double], _ interval: StudentInterval
    ) -> (Verdict, String) {
        switch expectation.comparison {
        case .equal, .notEqual:
            return (values.allSatisfy { expectation.holds($0) } ? .passed : .failed, "")
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            let ends = [expectation.holds(interval.low), expectation.holds(interval.high)]
            if ends == [true, true] { return (.passed, "") }
            if ends == [false, false] { return (.failed, "") }
            return (.inconclusive, "the interval of the seeds straddles the limit")
        }
    }

    /// The samples that one flight needs: 3.84 / d, where d is the distance of the limit from the nearer of 0
    /// and 1, or for a quantile the share beyond it. With that many samples an event of share d would show.
    /// (3.84 is the 95 % quantile of chi-square with one degree of freedom.)
    static func samplesNeeded(_ expectation: Expectation) -> UInt64 {
        if expectation.comparison == .equal || expectation.comparison == .notEqual { return 1 }
        // Exact fractions: as a binary fraction 1 % is slightly off.
        if let tail = expectation.metric.tail { return samplesNeeded(distance: tail) }
        guard Metric(expectation.metric).unit == .ratio else { return 1 }
        let limit = expectation.limit.exact
        let fromOne =
            limit > .one
            ? limit.numerator - limit.denominator : limit.denominator - limit.numerator
        return samplesNeeded(distance: Ratio(min(limit.numerator, fromOne), of: limit.denominator))
    }

    /// A limit of exactly 0 or 1 has distance 0, so one sample is enough.
    private static func samplesNeeded(distance: Ratio) -> UInt64 {
        guard distance > .zero else { return 1 }
        let (whole, rest) = (UInt128(distance.denominator) * 384)
            .quotientAndRemainder(dividingBy: UInt128(distance.numerator) * 100)
        return UInt64(clamping: whole + (rest > 0 ? 1 : 0))
    }
}

extension Expectation {
    /// Whether a value meets the expectation.
    func holds(_ value: Double) -> Bool {
        switch comparison {
        case .equal: value == limit.value
        case .notEqual: value != limit.value
        case .less: value < limit.value
        case .lessOrEqual: value <= limit.value
        case .greater: value > limit.value
        case .greaterOrEqual: value >= limit.value
        }
    }
}

extension MetricName {
    /// The share of values beyond a quantile; nil: not a quantile metric.
    var tail: Ratio? {
        guard rawValue.hasPrefix("latency.") else { return nil }
        return switch rawValue.split(separator: ".").last {
        case "p50": Ratio(1, of: 2)
        case "p95": Ratio(1, of: 20)
        case "p99": Ratio(1, of: 100)
        case "p999": Ratio(1, of: 1_000)
        default: nil
        }
    }
}
