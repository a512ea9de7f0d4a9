import APIClient
import Upstream

/// Accumulates the timeline of one flight. Confined to the simulation's thread.
///
/// Everything a request does is counted in the bin of its *arrival*, which each call states. Calls may come in
/// any order and arbitrarily late. Memory is bounded: see ``TimelineBins``; the upstream's state and the
/// breakers' transitions add less than 1 MB.
///
/// Series are kept per load only. The series of the whole flight is their sum, computed by ``timeline()``.
final class FlightTimeline {
    /// The largest number of loads with a series of their own. Further loads share one series, which counts
    /// only in the whole.
    static let loadsMax = 32

    private let loads: [String]
    private let lastSeries: Int
    // In a cell, because it changes several times per request.
    private let bins: Cell<TimelineBins>
    private var upstream: UpstreamTimeline
    private var breakers = BreakerTimeline()
    private var end: Int64 = 0
    private var flights = 1

    /// - Parameters:
    ///   - warmup: the end of the warm-up, in nanoseconds of virtual time.
    ///   - loads: the names of all loads, in the order of the scenario; at least one.
    ///   - faults: the number of faults of the upstream.
    ///   - pagesMax: the largest number of histogram pages, 256 bytes each. When all are used, bins are widened
    ///     before there are 512. Defaults to ``CountPages/pagesMax``.
    init(
        warmup: Int64, loads: [String], faults: Int, pagesMax: Int = CountPages.pagesMax
    ) {
        precondition(!loads.isEmpty, "a flight has a load")
        self.loads = loads
        let series = min(loads.count, Self.loadsMax + 1)
        lastSeries = series - 1
        let axis = TimelineAxis(origin: warmup)
        bins = Cell(TimelineBins(axis, series: series, pagesMax: pagesMax))
        upstream = UpstreamTimeline(axis, faults: faults)
    }

    /// Number of histogram pages in use, 256 bytes each.
    var pagesUsed: Int { bins.value.pagesUsed }

    /// Size of all counts and histograms, in bytes.
    var bytes: Int { bins.value.bytes }

    @inline(__always) private func series(_ load: Int) -> Int { min(load, lastSeries) }

    /// The bins so far as half-open intervals, in nanoseconds.
    var binStarts: [(start: Int64, end: Int64)] {
        let axis = bins.value.axis
        return (0..<bins.value.count).map { (axis.start(of: $0), axis.end(of: $0)) }
    }

    // MARK: - Requests

    /// Counts a request that ended.
    /// - Parameters:
    ///   - load: the index of its load.
    ///   - arrival: its arrival, in nanoseconds.
    ///   - ending: the kind of ending.
    ///   - latency: the time from its arrival to its end, in nanoseconds. Used for successes only.
    @inline(__always)
    func ended(load: Int, arrival: Int64, _ ending: TimelineEnding, latency: Int64) {
        bins.value.ended(ending, latency: latency, series(load), at: arrival)
    }

    /// Counts an attempt that ended.
    /// - Parameters:
    ///   - load: the index of the load of its request.
    ///   - arrival: the arrival of its request, in nanoseconds.
    ///   - result: its status or its failure.
    @inline(__always)
    func attemptEnded(load: Int, arrival: Int64, _ result: AttemptResult) {
        switch result {
        case .answer(let status):
            bins.value.increment(status: status, series(load), at: arrival)
        case .failure(let code):
            bins.value.increment(TimelineColumns.column(code), series(load), at: arrival)
        }
    }

    /// Counts an action of a request. A follower also counts as a hit.
    /// - Parameters:
    ///   - counter: the action.
    ///   - load: the index of its load.
    ///   - arrival: its arrival, in nanoseconds.
    @inline(__always)
    func count(_ counter: TimelineCounter, load: Int, arrival: Int64) {
        bins.value.increment(TimelineColumns.column(counter), series(load), at: arrival)
        if counter == .follower { count(.hit, load: load, arrival: arrival) }
    }

    // MARK: - Upstream

    /// The next instant at which the station's state is needed: the end of a bin, in nanoseconds. Widening bins
    /// changes it, so it must be read again each time.
    var nextSample: Int64 { upstream.nextSample }

    /// Reads the station's state at the ends of all bins that have ended by `now`. Must be called before an
    /// attempt at `now` is handled if `now` is at or after ``nextSample``.
    /// - Parameters:
    ///   - now: the instant of the next event, in nanoseconds.
    ///   - read: returns the state at an instant; called with ascending instants, none after `now`.
    func sample(until now: Int64, _ read: (Int64) -> StationLoad) {
        guard now >= upstream.nextSample else { return }
        // Widens bins first, so that a long time without attempts needs at most 512 samples.
        reach(now - 1)
        while upstream.nextSample <= now { upstream.sample(read(upstream.nextSample)) }
    }

    /// Records that the upstream was unhealthy from `start` until `end`, in nanoseconds. Periods must not overlap.
    func wasUnhealthy(from start: Int64, to end: Int64) {
        guard end > start else { return }
        reach(end - 1)
        upstream.wasUnhealthy(from: start, to: end)
    }

    /// Records that the fault at index `place` in the scenario was active from `start` until `end`, in nanoseconds.
    func faultWasActive(_ place: Int, from start: Int64, to end: Int64) {
        guard end > start else { return }
        reach(end - 1)
        upstream.faultWasActive(place, from: start, to: end)
    }

    private func reach(_ instant: Int64) {
        bins.value.reach(instant)
        upstream.follow(bins.value.axis)
    }

    // MARK: - Breakers

    /// Records a breaker's state transition. Must be called in the order of the instants.
    /// - Parameters:
    ///   - instant: the instant of the transition, in nanoseconds.
    ///   - client: the number of the client.
    ///   - from: the state before.
    ///   - to: the state after.
    func breakerMoved(
        at instant: Int64, client: UInt32, from: CircuitBreaker.State, to: CircuitBreaker.State
    ) {
        breakers.moved(at: instant, client: client, from: from, to: to)
    }

    // MARK: - The end

    /// Ends the flight. Bins then cover it up to `end`, even if nothing arrived any more.
    /// - Parameters:
    ///   - end: the last instant of the flight, in nanoseconds.
    ///   - read: returns the station's state at an instant; nil: there is no station.
    func close(at end: Int64, _ read: ((Int64) -> StationLoad)?) {
        self.end = max(end, 1)
        reach(self.end - 1)
        guard let read else { return }
        while upstream.nextSample <= end { upstream.sample(read(upstream.nextSample)) }
        upstream.close(bins.value.count, read(end))
    }

    /// Adds another flight's timeline; both must be closed. The result equals that of one flight with all
    /// events of both, except that the share of unhealthy time is their mean.
    /// - Precondition: both have the same warm-up and the same loads.
    func merge(_ other: FlightTimeline) {
        precondition(loads == other.loads, "only timelines of the same loads can be added")
        bins.value.merge(other.bins.value)
        upstream.follow(bins.value.axis)
        upstream.merge(other.upstream)
        breakers.merge(other.breakers)
        end = max(end, other.end)
        flights += other.flights
    }

    /// The timeline so far. To be called after ``close(at:_:)``.
    func timeline() -> Timeline {
        upstream.follow(bins.value.axis)
        let count = bins.value.count
        let axis = bins.value.axis
        let all = bins.value.latencies(0..<lastSeries + 1)
        let rows = bins.value.latencyRows(all)
        // A flight that was not closed covers its last bin completely.
        let end = end > axis.start(of: count - 1) ? end : axis.end(of: count - 1)
        let named = loads.prefix(Self.loadsMax)
        return Timeline(
            binSeconds: axis.seconds, origin: axis.origin,
            warmupBins: axis.warmupBins(of: count), bins: count, flights: flights,
            latencyRowEdges: rows.edges,
            series: series(all, rows, named),
            loadsWithoutSeries: loads.count - named.count,
            upstream: upstream.timeline(bins: count, end: end, flights: flights),
            transitions: breakers.transitions, transitionsOmitted: breakers.omitted)
    }

    private func series(
        _ all: BinLatencies, _ rows: LatencyRows, _ named: ArraySlice<String>
    ) -> [Timeline.Series] {
        let whole = bins.value.timeline(of: nil, 0..<lastSeries + 1, all, rows)
        guard loads.count > 1 else {
            // One load is the whole.
            var only = whole
            only.load = loads[0]
            return [whole, only]
        }
        return [whole]
            + named.enumerated().map { place, name in
                let own = place..<place + 1
                return bins.value.timeline(of: name, own, bins.value.latencies(own), rows)
            }
    }
}
