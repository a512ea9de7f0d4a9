import ScenarioFile

/// Counts what the figures of a served scenario are made of, of all requests or of those of one load.
///
/// What can be read in two ways is counted apart: a figure's value is by the rule of recognition, and
/// `low` and `high` are what it would be if all of that were read the other way.
final class ServedTally {
    /// Names of one kind that were new after a failure: attempts, if the client changes them each time.
    private struct Renamed {
        var sends: UInt64 = 0
        var duplicates: UInt64 = 0
    }

    private let warmup: Int64
    private let countsIntrusions: Bool
    private(set) var requests: UInt64 = 0
    private var attempts: UInt64 = 0
    /// Counted as attempts, and as requests, that may have been the other.
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
        // Which of several clients was asked to stay away cannot be seen.
        countsIntrusions = scenario.fleet.count == 1
    }

    // MARK: - Counting

    private func counts(_ request: SeenRequest) -> Bool { request.arrival >= warmup }

    /// A new request.
    func arrived(_ request: SeenRequest, isUnclear: Bool) {
        guard counts(request) else { return }
        requests += 1
        if isUnclear { unclearRequests += 1 }
    }

    /// A new request by its name that may be an attempt of one that has failed.
    func renamed(_ request: SeenRequest, isDuplicate: Bool) {
        guard counts(request) else { return }
        renamed[request.identity.by, default: Renamed()].sends += 1
        if isDuplicate { renamed[request.identity.by, default: Renamed()].duplicates += 1 }
    }

    /// An attempt, the first one included. `isEarly`: before the instant that its request was asked to
    /// wait for; nil: it was not asked. `isInWait`: another request was.
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

    /// The upstream did what a request asked that is neither idempotent nor known by a key.
    func tookEffect(_ request: SeenRequest, isFurther: Bool, isUnclear: Bool) {
        guard counts(request) else { return }
        effects += 1
        guard isFurther else { return }
        if isUnclear { unclearDuplicates += 1 } else { duplicates += 1 }
        duplicated.add(request.number)
    }

    // MARK: - Figures

    /// Sends that may have been the other thing; `keepsNames`: kinds of names that the client keeps.
    func unclear(_ keepsNames: Set<RecognizedBy>) -> UInt64 {
        unclearAttempts + unclearRequests + changed(keepsNames).sends
    }

    /// By names that were never kept: nobody knows whether they are new for each attempt.
    private func changed(_ keepsNames: Set<RecognizedBy>) -> Renamed {
        RecognizedBy.allCases.filter { !keepsNames.contains($0) }.reduce(into: Renamed()) {
            $0.sends += renamed[$1]?.sends ?? 0
            $0.duplicates += renamed[$1]?.duplicates ?? 0
        }
    }

    /// In the order of reports.
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
