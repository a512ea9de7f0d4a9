import APIClient
import Upstream

/// Accumulates the timeline of one flight. Confined to the simulation's thread.
///
/// Whatever a request does is counted in the bin of its *arrival*, which every call about a request names. Calls may
/// come in any order and as late as they like. The memory is bounded: see ``TimelineBins``; the state of the upstream
/// and the transitions of breakers take less than 1 MB beside it.
///
/// Only the series of the loads are kept. That of the whole flight is their sum and is made when it is asked for.
final class FlightTimeline {
    /// The most loads with a series of their own. The rest are counted in one more, which is part of the whole only.
    static let loadsMax = 32

    private let loads: [String]
    private let lastSeries: Int
    // In a cell: these are changed several times for each request.
    private let bins: Cell<TimelineBins>
    private var upstream: UpstreamTimeline
    private var breakers = BreakerTimeline()
    private var end: Int64 = 0
    private var flights = 1

    /// - Parameters:
    ///   - warmup: the end of the warm-up, ns of virtual time.
    ///   - loads: the names of all loads, in the order of the file; at least one.
    ///   - faults: how many faults the upstream has.
    ///   - pagesMax: the most pages for histograms of latencies, 256 bytes each. When they are used up, the bins get
    ///     wider before there are 512.
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

    /// Pages of histograms in use, 256 bytes each.
    var pagesUsed: Int { bins.value.pagesUsed }

    /// The bytes of all counts and histograms.
    var bytes: Int { bins.value.bytes }

    @inline(__always) private func series(_ load: Int) -> Int { min(load, lastSeries) }

    /// The bins so far, in nanoseconds; half open.
    var binStarts: [(start: Int64, end: Int64)] {
        let axis = bins.value.axis
        return (0..<bins.value.count).map { (axis.start(of: $0), axis.end(of: $0)) }
    }

    // MARK: - Requests

    /// A request ended.
    /// - Parameters:
    ///   - load: its load's place in the file.
    ///   - arrival: when it arrived, ns.
    ///   - ending: how it ended.
    ///   - latency: from its arrival to its end, ns. Counts for successes only.
    @inline(__always)
    func ended(load: Int, arrival: Int64, _ ending: TimelineEnding, latency: Int64) {
        bins.value.ended(ending, latency: latency, series(load), at: arrival)
    }

    /// An attempt ended.
    /// - Parameters:
    ///   - load: the load of its request.
    ///   - arrival: when its request arrived, ns.
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

    /// A request did something that is counted. A follower is counted as a hit by itself.
    /// - Parameters:
    ///   - counter: what it did.
    ///   - load: its load's place in the file.
    ///   - arrival: when it arrived, ns.
    @inline(__always)
    func count(_ counter: TimelineCounter, load: Int, arrival: Int64) {
        bins.value.increment(TimelineColumns.column(counter), series(load), at: arrival)
        if counter == .follower { count(.hit, load: load, arrival: arrival) }
    }

    // MARK: - Upstream

    /// The next instant at which the station's state is wanted: the end of a bin, ns. Bins that get wider move it, so
    /// it has to be asked for each time.
    var nextSample: Int64 { upstream.nextSample }

    /// Reads the station's state at the ends of all bins that have ended by `now`. To be called before an attempt at
    /// `now` is taken in, wherever `now` is at or after ``nextSample``.
    /// - Parameters:
    ///   - now: the instant of the event that comes next, ns.
    ///   - read: the state at an instant; the instants rise and are not after `now`.
    func sample(until now: Int64, _ read: (Int64) -> StationLoad) {
        guard now >= upstream.nextSample else { return }
        // First, so that a long time without attempts needs no more than 512 samples.
        reach(now - 1)
        while upstream.nextSample <= now { upstream.sample(read(upstream.nextSample)) }
    }

    /// The upstream was unhealthy from `start` until `end`, ns. Stretches must not overlap.
    func wasUnhealthy(from start: Int64, to end: Int64) {
        guard end > start else { return }
        reach(end - 1)
        upstream.wasUnhealthy(from: start, to: end)
    }

    /// The fault at `place` in the file, from 0, was active from `start` until `end`, ns.
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

    /// A breaker changed its state; to be called in the order of the instants.
    /// - Parameters:
    ///   - instant: when, ns.
    ///   - client: the number of its client.
    ///   - from: the state before.
    ///   - to: the state after.
    func breakerMoved(
        at instant: Int64, client: UInt32, from: CircuitBreaker.State, to: CircuitBreaker.State
    ) {
        breakers.moved(at: instant, client: client, from: from, to: to)
    }

    // MARK: - The end

    /// The flight is over. Bins cover it up to `end` even where nothing arrived any more.
    /// - Parameters:
    ///   - end: the last instant of the flight, ns.
    ///   - read: the station's state at an instant; nil: there is no station.
    func close(at end: Int64, _ read: ((Int64) -> StationLoad)?) {
        self.end = max(end, 1)
        reach(self.end - 1)
        guard let read else { return }
        while upstream.nextSample <= end { upstream.sample(read(upstream.nextSample)) }
        upstream.close(bins.value.count, read(end))
    }

    /// Adds another flight's timeline to this one; both have to be closed. The result is that of one flight in which
    /// all of it happened, but for the share of the time that the upstream was unhealthy, which becomes the mean.
    /// - Precondition: the same end of the warm-up, the same loads.
    func merge(_ other: FlightTimeline) {
        precondition(loads == other.loads, "only timelines of the same loads can be added")
        bins.value.merge(other.bins.value)
        upstream.follow(bins.value.axis)
        upstream.merge(other.upstream)
        breakers.merge(other.breakers)
        end = max(end, other.end)
        flights += other.flights
    }

    /// The timeline so far. To be asked for after ``close(at:_:)``.
    func timeline() -> Timeline {
        upstream.follow(bins.value.axis)
        let count = bins.value.count
        let axis = bins.value.axis
        let rows = bins.value.latencyRows()
        // A flight that was not closed has no end within its last bin.
        let end = end > axis.start(of: count - 1) ? end : axis.end(of: count - 1)
        let named = loads.prefix(Self.loadsMax)
        return Timeline(
            binSeconds: axis.seconds, origin: axis.origin,
            warmupBins: axis.warmupBins(of: count), bins: count, flights: flights,
            latencyRowEdges: rows.edges,
            series: series(rows, named),
            loadsWithoutSeries: loads.count - named.count,
            upstream: upstream.timeline(bins: count, end: end, flights: flights),
            transitions: breakers.transitions, transitionsOmitted: breakers.omitted)
    }

    private func series(
        _ rows: LatencyRows, _ named: ArraySlice<String>
    ) -> [Timeline.Series] {
        let whole = bins.value.timeline(of: nil, 0..<lastSeries + 1, rows)
        guard loads.count > 1 else {
            // One load is the whole.
            var only = whole
            only.load = loads[0]
            return [whole, only]
        }
        return [whole] + named.enumerated().map { bins.value.timeline(of: $1, $0..<$0 + 1, rows) }
    }
}
