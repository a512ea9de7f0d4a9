import ScenarioFile

/// The counts behind the figures of a served scenario, over all requests or over those of one load.
///
/// Ambiguous sends are counted separately: a figure's value follows the rule of recognition, and `low` and
/// `high` are its values if all of them are interpreted the other way.
final class ServedTally {
    /// Requests with new names after a failure. They are attempts if the client changes names of that kind each time.
    private struct Renamed {
        var sends: UInt64 = 0
        var duplicates: UInt64 = 0
    }

    private let warmup: Int64
    private let countsIntrusions: Bool
    private(set) var requests: UInt64 = 0
    private var attempts: UInt64 = 0
    /// Sends counted as attempts that may be requests; `unclearRequests`: the reverse.
    private(set) var unclearAttempts: UInt64 = 0
    private(set) var unclearRequests: UInt64 = 0
    private var renamed: [RecognizedBy: Renamed] = [:]
    private var honoured: UInt64 = 0
    private var tooEarly: UInt64 = 0
    private var unclearHonoured: UInt64 = 0
    private var unclearEarly: UInt64 = 0
    private var intrusions: UInt64 = 0
    private var unclearIntrusions: UInt64 = 0
    private var effects: UInt64 = 0
    private var duplicates: UInt64 = 0
    private var unclearDuplicates: UInt64 = 0

    private var retried = Offenders()
    private var early = Offenders()
    private var intruders = Offenders()
    private var duplicated = Offenders()

    init(_ scenario: Scenario) {
        warmup = scenario.warmup
        // With several clients it is unknown which of them received the Retry-After.
        countsIntrusions = scenario.fleet.count == 1
    }

    // MARK: - Counting

    private func counts(_ request: SeenRequest) -> Bool { request.arrival >= warmup }

    /// Counts a new request.
    func arrived(_ request: SeenRequest, isUnclear: Bool) {
        guard counts(request) else { return }
        requests += 1
        if isUnclear { unclearRequests += 1 }
    }

    /// Counts a request with a new name that may be an attempt of a failed one.
    func renamed(_ request: SeenRequest, isDuplicate: Bool) {
        guard counts(request) else { return }
        renamed[request.identity.by, default: Renamed()].sends += 1
        if isDuplicate { renamed[request.identity.by, default: Renamed()].duplicates += 1 }
    }

    /// Counts an attempt, the first one included. `isEarly`: sent before its Retry-After allows; nil: it had
    /// none. `isInWait`: another request has a Retry-After that forbids it.
    func sent(_ request: SeenRequest, isUnclear: Bool, isEarly: Bool?, isInWait: Bool) {
        guard counts(request) else { return }
        attempts += 1
        if request.attempts > 0 {
            if isUnclear { unclearAttempts += 1 }
            retried.add(request.number)
        }
        if isInWait {
            if isUnclear { unclearIntrusions += 1 } else { intrusions += 1 }
            intruders.add(request.number)
        }
        guard let isEarly else { return }
        if isEarly { early.add(request.number) }
        switch (isEarly, isUnclear) {
        case (false, false): honoured += 1
        case (true, false): tooEarly += 1
        case (false, true): unclearHonoured += 1
        case (true, true): unclearEarly += 1
        }
    }

    /// Counts an effect of a request that is neither idempotent nor has an idempotency key.
    func tookEffect(_ request: SeenRequest, isFurther: Bool, isUnclear: Bool) {
        guard counts(request) else { return }
        effects += 1
        guard isFurther else { return }
        if isUnclear { unclearDuplicates += 1 } else { duplicates += 1 }
        duplicated.add(request.number)
    }

    // MARK: - Figures

    /// Number of ambiguous sends. `keepsNames`: the kinds of names that the client keeps between attempts.
    func unclear(_ keepsNames: Set<RecognizedBy>) -> UInt64 {
        unclearAttempts + unclearRequests + changed(keepsNames).sends
    }

    /// Counts by kinds of names that were never kept, so that the client may change them for each attempt.
    private func changed(_ keepsNames: Set<RecognizedBy>) -> Renamed {
        RecognizedBy.allCases.filter { !keepsNames.contains($0) }.reduce(into: Renamed()) {
            $0.sends += renamed[$1]?.sends ?? 0
            $0.duplicates += renamed[$1]?.duplicates ?? 0
        }
    }

    /// The figures in the order of reports.
    func figures(_ keepsNames: Set<RecognizedBy>) -> [Figure] {
        let changed = changed(keepsNames)
        let least = max(
            requests > 0 ? 1 : 0, requests - min(requests, unclearRequests + changed.sends))
        let most = requests + unclearAttempts
        var figures = [
            Self.count("requests", requests, least...most, samples: requests, hasValue: true),
            Self.count(
                "attempts", attempts, attempts...attempts, samples: attempts, hasValue: true),
            amplification(least...most),
            honouredShare(),
        ]
        if countsIntrusions {
            figures.append(
                Self.count(
                    "retry_after.intrusions", intrusions + unclearIntrusions,
                    intrusions...intrusions + unclearIntrusions + unclearEarly, samples: attempts,
                    intruders.requests))
        }
        figures.append(
            Self.count(
                "duplicates", duplicates + unclearDuplicates,
                duplicates...duplicates + unclearDuplicates + changed.duplicates,
                samples: effects, duplicated.requests))
        return figures
    }

    private func amplification(_ range: ClosedRange<UInt64>) -> Figure {
        var figure = Figure(
            "retry.amplification", requests == 0 ? nil : Double(attempts) / Double(requests),
            samples: requests, offenders: retried.requests)
        guard requests > 0, range.lowerBound < range.upperBound else { return figure }
        figure.low = Double(attempts) / Double(range.upperBound)
        figure.high = Double(attempts) / Double(range.lowerBound)
        return figure
    }

    private func honouredShare() -> Figure {
        let (good, bad) = (honoured + unclearHonoured, tooEarly + unclearEarly)
        var figure = Figure(
            "retry_after.honoured", Self.share(good, good + bad), samples: good + bad,
            offenders: early.requests)
        guard unclearHonoured + unclearEarly > 0 else { return figure }
        figure.low = Self.share(honoured, honoured + bad) ?? figure.value
        figure.high = Self.share(good, good + tooEarly) ?? figure.value
        return figure
    }

    private static func share(_ part: UInt64, _ whole: UInt64) -> Double? {
        whole == 0 ? nil : Double(part) / Double(whole)
    }

    private static func count(
        _ name: String, _ count: UInt64, _ range: ClosedRange<UInt64>, samples: UInt64,
        _ offenders: [UInt64] = [], hasValue: Bool = false
    ) -> Figure {
        var figure = Figure(
            name, samples == 0 && !hasValue ? nil : Double(count), samples: samples,
            offenders: offenders)
        guard samples > 0, range.lowerBound < range.upperBound else { return figure }
        figure.low = Double(range.lowerBound)
        figure.high = Double(range.upperBound)
        return figure
    }
}
