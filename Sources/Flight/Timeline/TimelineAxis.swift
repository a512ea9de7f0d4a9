/// The bins of a timeline: intervals of equal width that cover a flight from instant 0.
///
/// Bin number k covers [origin + k * width, origin + (k + 1) * width). Bins of the warm-up have negative
/// numbers, and the first of them is cut off at instant 0. The initial width is 1 s. ``double()`` doubles it:
/// bins 2k and 2k + 1 become bin k, by floor division, so that warm-up and counted bins never mix.
///
/// A bin's *index* is its position in arrays: 0 for the bin that contains instant 0.
struct TimelineAxis: Sendable, Hashable {
    /// The largest number of bins, including those of the warm-up.
    static let binsMax = 512
    private static let second: Int64 = 1_000_000_000

    /// The end of the warm-up, in nanoseconds of virtual time. The counted bins begin here.
    let origin: Int64
    /// `lead`: the warm-up in whole seconds, rounded up. `start`: where these seconds begin, at 0 or less, in ns.
    private let lead: Int
    private let start: Int64
    /// Number of times that the width has been doubled.
    private(set) var doublings = 0
    /// The number of the bin at index 0; 0 or negative.
    private(set) var first: Int

    /// - Parameter origin: the end of the warm-up, in nanoseconds; at least 0.
    init(origin: Int64) {
        precondition(origin >= 0, "a warm-up ends at 0 or later")
        self.origin = origin
        lead = Int((origin + Self.second - 1) / Self.second)
        start = origin - Int64(lead) * Self.second
        first = -lead
    }

    /// The width of a bin in seconds: a power of two.
    var seconds: Int { 1 << doublings }

    /// Number of warm-up bins among the first `count` bins.
    func warmupBins(of count: Int) -> Int { min(count, -first) }

    /// The index of the bin that contains an instant; a negative instant belongs to the first bin.
    @inline(__always) func index(of instant: Int64) -> Int {
        let elapsed = UInt64(bitPattern: max(0, instant) &- start)
        let second = Int(truncatingIfNeeded: elapsed / UInt64(bitPattern: Self.second))
        return ((second &- lead) &>> doublings) &- first
    }

    /// The instant at which a bin begins, in nanoseconds; at least 0.
    func start(of index: Int) -> Int64 { max(0, boundary(index)) }

    /// The instant at which a bin ends, in nanoseconds; `Int64.max`: the sum would overflow.
    func end(of index: Int) -> Int64 { boundary(index + 1) }

    private func boundary(_ index: Int) -> Int64 {
        let (offset, isTooFar) = Int64(first + index)
            .multipliedReportingOverflow(by: Self.second << Int64(doublings))
        let (instant, isTooLate) = origin.addingReportingOverflow(offset)
        return isTooFar || isTooLate ? (first + index < 0 ? .min : .max) : instant
    }

    /// Doubles the width of all bins.
    mutating func double() {
        doublings += 1
        first >>= 1
    }

    /// The index that the bin at `index` will have after one doubling.
    func indexAfterDoubling(_ index: Int) -> Int { ((first + index) >> 1) - (first >> 1) }
}
