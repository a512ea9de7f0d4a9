import APIClient
import ScenarioFile
import Upstream

/// Records the timeline of a flight from its events. Confined to the simulation's thread.
///
/// Counts by the rules of the figures, so that the bins after the warm-up add up to them: retries are attempts
/// that are not the first of their request, and a request is a hit by its last cache event.
final class TimelineRecorder: FlightEventConsumer {
    private let scenario: Scenario
    private let upstream: UpstreamBox
    private let hasStation: Bool
    private let ownsFaults: Bool
    private let isCacheable: [Bool]
    private let hasCacheable: Bool
    private let timeline: FlightTimeline
    /// Per request: the counter of its last cache event; nil: none that is counted.
    private let cached = Cell(SlotStore<TimelineCounter?>(nil))
    /// The next instant at which the station's state is needed, in nanoseconds.
    private var nextSample: Int64

    /// - Parameters:
    ///   - scenario: gives the names of the loads and the faults.
    ///   - loads: the properties of each load.
    ///   - upstream: gives the station's state.
    init(_ scenario: Scenario, _ loads: [CheckedLoad], _ upstream: UpstreamBox) {
        self.scenario = scenario
        self.upstream = upstream
        isCacheable = loads.map(\.isCacheable)
        hasCacheable = loads.contains { $0.isCacheable }
        hasStation = upstream.stationLoad(at: 0) != nil
        ownsFaults = upstream.isFaulty
        timeline = FlightTimeline(
            warmup: scenario.warmup, loads: scenario.loads.map(\.name),
            faults: scenario.upstream.faults.count)
        nextSample = hasStation ? timeline.nextSample : .max
    }

    @inline(__always) func consume(
        _ event: FlightEvent, of request: RequestRecord, at now: Int64
    ) {
        switch event {
        case .arrived: if hasCacheable { cached.value.begin(request.slot) }
        case .attemptStarted(let number, _): if number > 1 { count(.retry, request) }
        case .attemptEnded(_, let result), .unseenAttemptEnded(_, let result):
            timeline.attemptEnded(load: request.load, arrival: request.arrival, result)
        case .waiting(let wait): count(TimelineCounter(wait.reason), request)
        case .refusedByBreaker: count(.breakerRefusal, request)
        case .refusedByLimiter: count(.limiterRefusal, request)
        case .breakerMoved(let transition):
            // When it is noticed: a half-open state is dated back, which would upset the order.
            timeline.breakerMoved(
                at: now, client: request.call.client, from: transition.from, to: transition.to)
        case .cache(let event): cached(event, request)
        case .ended(let ending): ended(ending, request, at: now)
        default: break
        }
    }

    @inline(__always) func consume(_ event: UpstreamEvent, at now: Int64) {
        guard now >= nextSample, case .approached = event else { return }
        sample(at: now)
    }

    // A separate function, not inlined: it runs once per bin.
    @inline(never) private func sample(at now: Int64) {
        timeline.sample(until: now) { [upstream] in
            upstream.stationLoad(at: $0) ?? StationLoad(queue: 0, busy: 0)
        }
        nextSample = timeline.nextSample
    }

    private func count(_ counter: TimelineCounter, _ request: RequestRecord) {
        timeline.count(counter, load: request.load, arrival: request.arrival)
    }

    private func cached(_ event: CacheEvent, _ request: RequestRecord) {
        guard isCacheable[request.load] else { return }
        switch event {
        case .hit: cached.value[request.slot] = .hit
        case .followed: cached.value[request.slot] = .follower
        case .staleServed: cached.value[request.slot] = nil
        case .miss, .stored, .invalidated: break
        }
    }

    @inline(__always) private func ended(
        _ ending: RequestEnding, _ request: RequestRecord, at now: Int64
    ) {
        timeline.ended(
            load: request.load, arrival: request.arrival, TimelineEnding(ending),
            latency: now - request.arrival)
        if hasCacheable, let counter = cached.value[request.slot] { count(counter, request) }
    }

    /// Ends the recording. May be called once.
    /// - Parameters:
    ///   - periods: the unhealthy periods of the upstream.
    ///   - end: the end of the flight, in nanoseconds.
    /// - Returns: the timeline with all bins up to the end.
    func close(_ periods: [UnhealthyPeriod], at end: Int64) -> Timeline {
        for period in periods {
            timeline.wasUnhealthy(from: period.start, to: min(period.end, end))
        }
        timeline.close(
            at: end,
            hasStation
                ? { [upstream] in upstream.stationLoad(at: $0) ?? StationLoad(queue: 0, busy: 0) }
                : nil)
        if ownsFaults { noteFaults(until: end) }
        return timeline.timeline()
    }

    /// Marks the bins in which each fault was active. A fault may recur a million times, so the schedule is
    /// queried per bin instead of iterating over all recurrences.
    private func noteFaults(until end: Int64) {
        for bin in timeline.binStarts {
            for (place, fault) in scenario.upstream.faults.enumerated() {
                let start = bin.start
                let first =
                    fault.schedule.occurrence(at: start) != nil
                    ? start : fault.schedule.nextEdge(after: start)
                guard let first, first < min(bin.end, end) else { continue }
                timeline.faultWasActive(place, from: first, to: first + 1)
            }
        }
    }
}
