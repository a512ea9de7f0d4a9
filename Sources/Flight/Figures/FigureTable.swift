import ScenarioFile

/// Computes figures from counts, by the definitions in the README.
struct FigureTable {
    /// Length of the counted part of the flight, in seconds.
    let seconds: Double

    /// - Parameters:
    ///   - scenario: the scenario of the flight.
    ///   - end: the instant of an interruption, in nanoseconds. Defaults to `.max`: not interrupted.
    init(_ scenario: Scenario, until end: Int64 = .max) {
        seconds = Double(max(min(scenario.duration, end) - scenario.warmup, 1)) / 1e9
    }

    /// The figures of all requests or of one load, in the order of reports.
    /// - Parameters:
    ///   - tally: what was counted of the requests.
    ///   - breaker: what was counted of refusals.
    ///   - lagging: the cached answers that were the longest behind an effect.
    /// - Returns: each figure with its samples.
    func figures(
        _ tally: Tally, _ breaker: BreakerCounts.Counts, lagging: Slowest
    ) -> [Figure] {
        counts(tally) + retries(tally) + refusals(breaker) + cache(tally, lagging)
            + availability(tally) + upstream(tally)
            + tally.latency.figures().map {
                Figure(
                    "latency." + $0.name, $0.milliseconds, samples: $0.samples,
                    offenders: tally.latency.slowest.requests)
            }
    }

    private func counts(_ tally: Tally) -> [Figure] {
        [
            Figure("requests", Double(tally.requests), samples: tally.requests),
            Figure("attempts", Double(tally.attempts), samples: tally.attempts),
            Figure("answers", Double(tally.answers), samples: tally.requests),
            Self.share(
                "success_rate", tally.successes, of: tally.requests, tally.failures.requests),
            Self.share("fallback_rate", tally.fallbacks, of: tally.requests, tally.stale.requests),
            Figure(
                "throughput", Double(tally.successes) / seconds, samples: tally.requests,
                offenders: tally.failures.requests),
        ]
    }

    private func retries(_ tally: Tally) -> [Figure] {
        let synchrony = tally.synchrony.peakOverMean
        return [
            Figure(
                "retry.amplification",
                tally.sent == 0 ? nil : Double(tally.attempts) / Double(tally.sent),
                samples: tally.sent, offenders: tally.retried.requests),
            Self.share(
                "retry.success_rate", tally.failedFirst.saved, of: tally.failedFirst.requests,
                tally.failedFirst.failures.requests),
            Self.count(
                "retry.cohort_refused", tally.failedFirst.refused,
                samples: tally.failedFirst.requests, tally.failedFirst.refusals.requests),
            Figure(
                "retry.synchrony", synchrony?.factor, samples: tally.synchrony.retries,
                offenders: synchrony?.offenders ?? []),
            Self.share(
                "rate_limit.success_rate", tally.limitedFirst.saved,
                of: tally.limitedFirst.requests, tally.limitedFirst.failures.requests),
            Self.share(
                "retry_after.honoured", tally.honoured, of: tally.retriesAfter, tally.early.requests
            ),
            Self.count(
                "retry_after.intrusions", tally.intrusions, samples: tally.sends,
                tally.intruders.requests),
        ]
    }

    private func refusals(_ counts: BreakerCounts.Counts) -> [Figure] {
        [
            Self.share(
                "breaker.false_positive_rate", counts.falselyRefused, of: counts.reachedHealthy,
                counts.falseRefusals.requests),
            Self.count(
                "breaker.needless_rejections", counts.needlessRefusals, samples: counts.refusals,
                counts.needless.requests),
        ]
    }

    private func cache(_ tally: Tally, _ lagging: Slowest) -> [Figure] {
        let answers = tally.hits + tally.staleServed
        let lag = answers == 0 ? nil : lagging.entries.first?.latency ?? 0
        return [
            Self.share("cache.hit_rate", tally.hits, of: tally.cacheable, tally.misses.requests),
            Self.count("cache.followers", tally.followers, samples: tally.cacheable),
            Self.count(
                "cache.stale_served", tally.staleServed, samples: tally.cacheable,
                tally.stale.requests),
            Self.milliseconds(
                "cache.consistency_lag.max", lag, samples: answers, lagging.requests),
        ]
    }

    private func upstream(_ tally: Tally) -> [Figure] {
        [
            Self.count(
                "duplicates", tally.duplicates, samples: tally.effects, tally.duplicated.requests),
            Self.milliseconds(
                "upstream.wasted_work", tally.wasted.served > 0 ? tally.wasted.time : nil,
                samples: tally.wasted.served, tally.wasted.offenders.requests),
        ]
    }

    private func availability(_ tally: Tally) -> [Figure] {
        let busy = tally.minutes.filter { $0.requests >= 100 }
        let good = busy.filter { UInt64($0.successes) * 100 >= UInt64($0.requests) * 99 }
        return [
            Self.share(
                "availability", tally.available, of: tally.eligible, tally.unavailable.requests),
            Self.share(
                "availability.minutes", UInt64(good.count), of: UInt64(busy.count),
                tally.unavailable.requests),
        ]
    }

    /// The `recovery_time` of the whole flight. To be computed after the flight.
    func recovery(_ watch: RecoveryWatch?) -> Figure {
        guard let watch, watch.periods > 0 else {
            return Self.milliseconds("recovery_time", nil, samples: 0)
        }
        var figure = Self.milliseconds(
            "recovery_time", watch.isUnrecovered ? nil : watch.longest, samples: watch.periods)
        if watch.isUnrecovered { figure.note = "not recovered" }
        return figure
    }

    /// The breakers' figures. They cover each client as a whole, not single loads.
    func breaker(
        _ clients: [BreakerFigures], _ periods: UnhealthyPeriodFigures, requests: UInt64
    )
        -> [Figure]
    {
        let opens = clients.reduce(0) { $0 + $1.opens }
        let unjustified = clients.reduce(0) { $0 + $1.unjustifiedOpens }
        let offenders = clients.flatMap(\.unjustified.requests).prefix(Offenders.most)
        var openings = [
            Self.count("breaker.opens", opens, samples: requests),
            Self.count(
                "breaker.unjustified_opens", unjustified, samples: opens, Array(offenders)),
        ]
        for index in openings.indices {
            openings[index].isOfFewEvents = (1..<Self.fewOpenings).contains(opens)
        }
        return openings + [
            Self.count("breaker.missed", periods.missed, samples: periods.noticeablePeriods),
            Self.milliseconds(
                "breaker.detection_delay", periods.detectionDelay, samples: periods.detections),
            Self.milliseconds(
                "breaker.recovery_lag", periods.recoveryLag, samples: periods.recoveries),
        ]
    }

    /// With fewer openings than this, the counts of openings are marked as based on few events.
    private static let fewOpenings: UInt64 = 5

    private static func share(
        _ name: String, _ part: UInt64, of whole: UInt64, _ offenders: [UInt64] = []
    ) -> Figure {
        Figure(
            name, whole == 0 ? nil : Double(part) / Double(whole), samples: whole,
            offenders: offenders)
    }

    private static func milliseconds(
        _ name: String, _ nanoseconds: Int64?, samples: UInt64, _ offenders: [UInt64] = []
    ) -> Figure {
        Figure(name, nanoseconds.map { Double($0) / 1e6 }, samples: samples, offenders: offenders)
    }

    private static func count(
        _ name: String, _ count: UInt64, samples: UInt64, _ offenders: [UInt64] = []
    ) -> Figure {
        Figure(name, samples == 0 ? nil : Double(count), samples: samples, offenders: offenders)
    }
}
