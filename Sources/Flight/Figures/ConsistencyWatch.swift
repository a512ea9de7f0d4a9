import APIClient
import ScenarioFile
import Upstream

/// Compares answers from caches with what the upstream held at that instant. Considers the loads whose paths
/// are both cached and written to. Confined to the simulation's thread.
final class ConsistencyWatch: FlightEventConsumer {
    /// An answer that a cache may return.
    private struct Shown {
        let sharingGroup: Int
        let at: Int64
        let reading: Reading
    }

    /// The smallest number of entries at which a cleanup is worthwhile.
    private static let tidyLeast = 4_096

    /// The longest time for which a cache may return an answer, in nanoseconds.
    private let horizon: Int64
    private let sharesCache: Bool
    private let warmup: Int64
    private let loads: Roster<CheckedLoad>
    /// Whether at least one load's paths are both cached and written to.
    private let isOn: Bool
    /// The cached answers with the longest consistency lag: over all loads, and per load.
    private(set) var lagging = Slowest()
    private(set) var laggingByLoad: [Slowest]
    /// `readings`, by attempt: what it read. `states`, by request: what its last answer had read, and when that
    /// arrived.
    private let readings = Cell(SlotStore<Reading?>(nil))
    private let states = Cell(SlotStore(Progress()))

    private struct Progress {
        var reading: Reading?
        var answeredAt: Int64 = 0
        /// Writes only: number of times that it took effect.
        var effects = 0
    }

    /// These dictionaries are only looked up, so results do not depend on their order.
    private var paths: [String: PathHistory] = [:]
    /// Per client, or one for all with a shared cache: the stored answers of each path, one per sharing group.
    private var kept: [[String: [Shown]]]
    /// Per client: the answers that arrived at this very instant, for single-flight followers.
    private var answered: [[(path: String, shown: Shown)]]
    /// Number of entries that may still be added before entries that no cache can return any more are removed.
    private var untilTidy = ConsistencyWatch.tidyLeast

    /// - Parameters:
    ///   - scenario: requests that arrive during its warm-up are not counted.
    ///   - configuration: the settings of each client.
    ///   - loads: the properties of each load.
    init(_ scenario: Scenario, _ configuration: APIClient.Configuration, _ loads: [CheckedLoad]) {
        sharesCache = scenario.fleet.sharesCache
        warmup = scenario.warmup
        self.loads = Roster(loads)
        isOn = loads.contains { $0.isWritten }
        laggingByLoad = Array(repeating: Slowest(), count: loads.count)
        horizon = configuration.cache.timeToLive.nanoseconds.addingSaturated(
            configuration.cache.staleIfError.nanoseconds)
        kept = Array(repeating: [:], count: sharesCache ? 1 : Int(scenario.fleet.count))
        answered = Array(repeating: [], count: Int(scenario.fleet.count))
    }

    @inline(__always) func consume(
        _ event: FlightEvent, of request: RequestRecord, at now: Int64
    ) {
        guard isOn else { return }
        switch event {
        case .arrived: states.value.begin(request.slot)
        case .attemptDecided(let attempt): decided(attempt, of: request, at: now)
        case .attemptEnded(let attempt, .answer):
            answered(attempt, of: request, at: now)
        case .cache(let event): cached(event, request, at: now)
        default: break
        }
    }

    private func cache(_ request: RequestRecord) -> Int {
        sharesCache ? 0 : Int(request.call.client)
    }

    private func decided(_ attempt: AttemptRecord, of request: RequestRecord, at now: Int64) {
        let load = loads.members[request.load]
        if load.isWritten {
            tidyUpIfDue(at: now)
            readings.value.begin(attempt.slot)
            readings.value[attempt.slot] = paths[request.path, default: PathHistory()].read(
                at: attempt.decision.workEnds(at: now), now: now)
        }
        guard load.writesCached, attempt.takesEffect else { return }
        states.value[request.slot].effects += 1
        // With an idempotency key the upstream recognizes a repeated request, and only the first takes effect.
        if !load.hasKey || states.value[request.slot].effects == 1 {
            wrote(attempt, request, at: now)
        }
    }

    /// Records that a write takes effect.
    private func wrote(_ attempt: AttemptRecord, _ request: RequestRecord, at now: Int64) {
        let instant = attempt.decision.workEnds(at: now)
        // A path that was never read has no version that could become outdated, unless a read overtakes the write.
        guard instant > now || paths[request.path] != nil else { return }
        tidyUpIfDue(at: now)
        paths[request.path, default: PathHistory()].write(at: instant, now: now)
    }

    /// Records the answer of an attempt.
    private func answered(_ attempt: AttemptRecord, of request: RequestRecord, at now: Int64) {
        let load = loads.members[request.load]
        guard load.isWritten, let reading = readings.value[attempt.slot] else { return }
        states.value[request.slot].reading = reading
        states.value[request.slot].answeredAt = now
        let client = Int(request.call.client)
        answered[client].removeAll { $0.shown.at < now }
        answered[client].append(
            (request.path, Shown(sharingGroup: load.sharingGroup, at: now, reading: reading)))
    }

    private func cached(_ event: CacheEvent, _ request: RequestRecord, at now: Int64) {
        let load = loads.members[request.load]
        switch event {
        case .hit, .followed, .staleServed:
            guard load.isWritten else { return }
            let lag = lag(request, load, event, at: now)
            guard lag > 0, request.arrival >= warmup else { return }
            lagging.add(lag, request.call.request)
            laggingByLoad[request.load].add(lag, request.call.request)
        case .stored: if load.isWritten { stored(request, load) }
        case .invalidated: if load.writesCached { kept[cache(request)][request.path] = nil }
        case .miss: break
        }
    }

    /// Records that the request's last answer is stored in the cache.
    private func stored(_ request: RequestRecord, _ load: CheckedLoad) {
        guard let reading = states.value[request.slot].reading else { return }
        let answeredAt = states.value[request.slot].answeredAt
        let cache = cache(request)
        var known = kept[cache].removeValue(forKey: request.path) ?? []
        known.removeAll { $0.sharingGroup == load.sharingGroup }
        known.append(Shown(sharingGroup: load.sharingGroup, at: answeredAt, reading: reading))
        kept[cache][request.path] = known
    }

    /// The consistency lag of an answer from the cache: the age in ns of the oldest effect that it does not
    /// show. 0: it shows all effects, or the client did not report that it was stored.
    private func lag(
        _ request: RequestRecord, _ load: CheckedLoad, _ event: CacheEvent, at now: Int64
    ) -> Int64 {
        guard let reading = shown(request, load, event, at: now)?.reading else { return 0 }
        paths[request.path]?.advance(to: now)
        guard let outdatedAt = reading.version?.outdatedAt else { return 0 }
        return now - outdatedAt
    }

    private func shown(
        _ request: RequestRecord, _ load: CheckedLoad, _ event: CacheEvent, at now: Int64
    ) -> Shown? {
        switch event {
        case .hit(let age), .staleServed(let age):
            // Matched by age: a cache may return an answer to requests that differ in a header field.
            let known = kept[cache(request)][request.path]?.filter { $0.at == now - age }
            return known?.first { $0.sharingGroup == load.sharingGroup } ?? known?.last
        case .followed:
            return answered[Int(request.call.client)].last {
                $0.path == request.path && $0.shown.sharingGroup == load.sharingGroup
                    && $0.shown.at == now
            }?.shown
        case .miss, .stored, .invalidated: return nil
        }
    }

    // MARK: - Tidying up

    private func tidyUpIfDue(at now: Int64) {
        untilTidy -= 1
        if untilTidy <= 0 { tidyUp(at: now) }
    }

    private func tidyUp(at now: Int64) {
        for index in kept.indices {
            kept[index] = kept[index].filter { entry in
                entry.value.contains { now - $0.at <= horizon }
            }
        }
        var forgotten: [String] = []
        var index = paths.startIndex
        while index != paths.endIndex {
            if paths.values[index].isForgettable { forgotten.append(paths.keys[index]) }
            paths.formIndex(after: &index)
        }
        for path in forgotten { paths[path] = nil }
        let left = kept.reduce(paths.count) { $0 + $1.count }
        untilTidy = max(Self.tidyLeast, left)
    }
}

extension Decision {
    /// The instant at which the upstream finishes its work on a request that arrived at `now`.
    fileprivate func workEnds(at now: Int64) -> Int64 {
        guard let service else { return now }
        return now.addingSaturated(service.wait).addingSaturated(service.duration)
    }
}
