public import APIClient

/// A flight over time, in bins of equal width. Every array with a value for each bin has ``bins`` of them.
///
/// Requests and all that they did are counted in the bin in which the request *arrived*, whenever it ended.
public struct Timeline: Sendable, Hashable {
    /// The width of a bin in seconds: 1, 2, 4 and so on.
    public var binSeconds: Int
    /// The instant at which the warm-up ends and the first counted bin begins, in nanoseconds of virtual time.
    public var origin: Int64
    /// How many of the first bins belong to the warm-up. The first of them is shorter where the warm-up is no
    /// multiple of the width: it begins at instant 0.
    public var warmupBins: Int
    /// The number of bins, at most 512.
    public var bins: Int
    /// How many flights were added up; 1 for a single one.
    public var flights: Int
    /// The bounds of the 32 rows of ``Latency/rows`` in microseconds: row k holds latencies from edge k on and below
    /// edge k + 1. The first is 0, the last is above all latencies.
    public var latencyRowEdges: [UInt64]
    /// That of the whole flight, then one for each load in the order of the file, for the first 32.
    public var series: [Series]
    /// Loads beyond the first 32: counted in the series of the whole flight only.
    public var loadsWithoutSeries: Int
    /// The state of the upstream.
    public var upstream: Upstream
    /// The changes of state of the clients' breakers, by instants.
    public var transitions: [Transition]
    /// Changes of state after the first 10 000.
    public var transitionsOmitted: UInt64

    /// A count for each bin, under a name.
    public struct Column: Sendable, Hashable {
        /// Such as `API_TIMEOUT` or `200`.
        public var name: String
        /// By bin.
        public var counts: [UInt64]

        /// Whether there is nothing in any bin.
        public var isZero: Bool { counts.allSatisfy { $0 == 0 } }
    }

    /// What is told of all requests, or of those of one load.
    public struct Series: Sendable, Hashable {
        /// The load's name; nil: the whole flight.
        public var load: String?
        /// Requests that ended.
        public var requests: [UInt64]
        /// The same by how they ended: `fresh`, `cached`, `stale`, `answered` or an error's code.
        public var ended: [Column]
        /// Attempts by status, such as `200`, or by the transport error's name, such as `timed_out`. `other`: further
        /// statuses after the first 30 of a flight.
        public var attempts: [Column]
        /// Waits by their reason: `backoff`, `retry_after`, `limiter` or `leader`.
        public var waits: [Column]
        /// `retries`, `breaker_refusals`, `limiter_refusals`, `hits` and `followers`.
        public var counters: [Column]
        /// Of the successes, from arrival to answer.
        public var latency: Latency
    }

    /// The latencies of successes in each bin, in microseconds. All but the maximum are wrong by at most 1 %.
    public struct Latency: Sendable, Hashable {
        /// By nearest rank, by bin; nil where no request succeeded.
        public var p50: [UInt64?]
        /// The 95th percentile, as ``p50``.
        public var p95: [UInt64?]
        /// The 99th percentile, as ``p50``.
        public var p99: [UInt64?]
        /// The longest, exactly; nil where no request succeeded.
        public var max: [UInt64?]
        /// By bin, the rows that hold any latency, rising, and how many.
        public var rows: [[RowCount]]
    }

    /// How many latencies lie in one of the 32 rows.
    public struct RowCount: Sendable, Hashable {
        /// From 0 to 31; see ``Timeline/latencyRowEdges``.
        public var row: Int
        /// At least 1.
        public var count: UInt64
    }

    /// The state of the upstream. An array is empty where there would be zeros only.
    public struct Upstream: Sendable, Hashable {
        /// Attempts that waited for a server at the end of the bin; of the last bin, at the end of the flight.
        public var queue: [Int] = []
        /// Servers at work at that instant.
        public var busy: [Int] = []
        /// The share of the bin's time, in thousandths, in which the upstream was unhealthy. 0 only where it never was,
        /// 1000 only where it always was.
        public var unhealthyPermille: [Int] = []
        /// The faults that were active at some time in the bin, by their place in the file, from 0.
        public var faults: [[Int]] = []
    }

    /// A breaker changed its state.
    public struct Transition: Sendable, Hashable {
        /// When, in nanoseconds of virtual time.
        public var at: Int64
        /// The number of the breaker's client.
        public var client: UInt32
        /// The state before.
        public var from: CircuitBreaker.State
        /// The state after.
        public var to: CircuitBreaker.State
    }
}
