public import APIClient

/// A flight over time, in bins of equal width. Every per-bin array has ``bins`` elements.
///
/// Requests and all their actions are counted in the bin in which the request *arrived*, whenever it ended.
public struct Timeline: Sendable, Hashable {
    /// The width of a bin in seconds, a power of two.
    public var binSeconds: Int
    /// The end of the warm-up, where the first counted bin begins, in nanoseconds of virtual time.
    public var origin: Int64
    /// Number of bins of the warm-up, at the beginning. The first of them starts at instant 0 and is shorter if
    /// the warm-up is not a multiple of the width.
    public var warmupBins: Int
    /// The number of bins, at most 512.
    public var bins: Int
    /// Number of flights in the timeline; 1 unless several were added up.
    public var flights: Int
    /// The bounds of the 32 rows of ``Latency/rows``, in microseconds. Row k holds latencies from edge k up to,
    /// but not including, edge k + 1. The first is 0; the last is above all latencies.
    public var latencyRowEdges: [UInt64]
    /// The series of the whole flight, followed by those of the first 32 loads in the order of the scenario.
    public var series: [Series]
    /// Number of loads beyond the first 32. They are counted only in the series of the whole flight.
    public var loadsWithoutSeries: Int
    /// The state of the upstream per bin.
    public var upstream: Upstream
    /// The first 10 000 state transitions of the clients' breakers, by instant.
    public var transitions: [Transition]
    /// Number of transitions after the first 10 000.
    public var transitionsOmitted: UInt64

    /// A named series of counts, one per bin.
    public struct Column: Sendable, Hashable {
        /// The name of what is counted, such as `API_TIMEOUT` or `200`.
        public var name: String
        /// The count of each bin.
        public var counts: [UInt64]

        /// Whether all counts are 0.
        public var isZero: Bool { counts.allSatisfy { $0 == 0 } }
    }

    /// The counts and latencies of all requests or of those of one load.
    public struct Series: Sendable, Hashable {
        /// The name of the load; nil: the whole flight.
        public var load: String?
        /// Number of requests that ended, per bin.
        public var requests: [UInt64]
        /// The requests by kind of ending: `fresh`, `cached`, `stale`, `answered` or an error's code.
        public var ended: [Column]
        /// Attempts by status, such as `200`, or by transport error, such as `timed_out`. `other`: statuses
        /// after the first 30 different ones of a flight.
        public var attempts: [Column]
        /// Waits by reason: `backoff`, `retry_after`, `limiter` or `leader`.
        public var waits: [Column]
        /// The counters `retries`, `breaker_refusals`, `limiter_refusals`, `hits` and `followers`.
        public var counters: [Column]
        /// The latencies of successes, from arrival to answer.
        public var latency: Latency
    }

    /// The latencies of successes in each bin, in microseconds. Accurate to 1 %; the maximum is exact.
    public struct Latency: Sendable, Hashable {
        /// The median by nearest rank, per bin; nil: no request succeeded.
        public var p50: [UInt64?]
        /// The 95th percentile by nearest rank, per bin; nil: no request succeeded.
        public var p95: [UInt64?]
        /// The 99th percentile by nearest rank, per bin; nil: no request succeeded.
        public var p99: [UInt64?]
        /// The longest latency, exact, per bin; nil: no request succeeded.
        public var max: [UInt64?]
        /// Per bin: the rows that hold at least one latency, ascending, with their counts.
        public var rows: [[RowCount]]
    }

    /// The number of latencies in one of the 32 rows.
    public struct RowCount: Sendable, Hashable {
        /// The row, from 0 to 31; see ``Timeline/latencyRowEdges``.
        public var row: Int
        /// The number of latencies in the row; at least 1.
        public var count: UInt64
    }

    /// The state of the upstream per bin. An array is empty if all its values would be 0.
    public struct Upstream: Sendable, Hashable {
        /// Number of attempts waiting for a server at the end of the bin; in the last bin, at the end of the flight.
        public var queue: [Int] = []
        /// Number of busy servers at that instant.
        public var busy: [Int] = []
        /// The share of the bin's time in which the upstream was unhealthy, in thousandths. Rounded, but 0 only
        /// if it never was, and 1000 only if it always was.
        public var unhealthyPermille: [Int] = []
        /// The indexes, from 0, of the scenario's faults that were active at some time in the bin.
        public var faults: [[Int]] = []
    }

    /// A state transition of a breaker.
    public struct Transition: Sendable, Hashable {
        /// The instant of the transition, in nanoseconds of virtual time.
        public var at: Int64
        /// The number of the breaker's client.
        public var client: UInt32
        /// The state before.
        public var from: CircuitBreaker.State
        /// The state after.
        public var to: CircuitBreaker.State
    }
}
