/// A histogram of whole numbers. Keeps their leading significant bits; quantiles are read by nearest rank.
///
/// The sum of two histograms of the same kind equals one histogram of all values. Memory: one array of all
/// buckets up to the highest in use. For many small histograms see ``CountPages``, which allocates by powers of
/// two on the same scale.
struct LogLinearHistogram: Sendable {
    /// The rounding of a value within its bucket.
    enum Rounding: Sendable {
        /// Rounds down to the first value of its bucket, so it reads as that value or less.
        case down
        /// Rounds up to the first value of the next bucket, so it reads as that value or more. With 15 bits, limits
        /// that people write, such as 40 or 150 ms, read as themselves, so a value exactly at such a limit meets it.
        case up
    }

    private let scale: LogLinearScale
    private let rounding: Rounding
    private let batch: Int
    private var counts: [UInt64] = []
    private var settled: UInt64 = 0
    /// Recorded values that are not in their buckets yet.
    private var pending: [UInt64] = []

    /// The largest settled value, exact; 0: there are no values.
    private(set) var longest: UInt64 = 0

    /// - Parameters:
    ///   - bits: significant bits, from 1 to 32. A bucket's width is at most 1 / 2^(bits - 1) of its values.
    ///   - rounding: the end of its bucket that a value is rounded to.
    ///   - batch: number of values that are put into their buckets at once. Buckets are scattered in memory;
    ///     for many values at once the processor overlaps the cache misses. Defaults to 1, which suits few
    ///     buckets.
    init(bits: Int, rounding: Rounding, batch: Int = 1) {
        precondition(batch >= 1, "a batch holds a value")
        scale = LogLinearScale(bits: bits)
        self.rounding = rounding
        self.batch = batch
    }

    /// The number of recorded values, pending ones included.
    var count: UInt64 { settled + UInt64(pending.count) }

    /// Records a value.
    mutating func record(_ value: UInt64) {
        if batch == 1 { return enter(value) }
        pending.append(value)
        if pending.count >= batch { settle() }
    }

    /// Puts pending values into their buckets. Must be called before anything but ``count`` is read.
    mutating func settle() {
        for value in pending { enter(value) }
        pending.removeAll(keepingCapacity: true)
    }

    /// Removes all values and keeps the memory.
    mutating func removeAll() {
        counts.removeAll(keepingCapacity: true)
        pending.removeAll(keepingCapacity: true)
        (settled, longest) = (0, 0)
    }

    /// Adds all values of another histogram with the same bits and rounding. Both must be settled.
    mutating func add(_ other: LogLinearHistogram) {
        precondition(other.scale == scale && other.rounding == rounding, "one kind of buckets")
        precondition(pending.isEmpty && other.pending.isEmpty, "to be settled before")
        grow(to: other.counts.count)
        for bucket in other.counts.indices { counts[bucket] += other.counts[bucket] }
        settled += other.settled
        longest = max(longest, other.longest)
    }

    /// The values at some ranks, found in one pass over the buckets.
    /// - Parameter levels: ranks in thousandths of the count, ascending: 500 is the median, 1000 the largest.
    /// - Returns: for each level the value by nearest rank, rounded but never above the largest; nil: no values.
    func values(at levels: [UInt64]) -> [UInt64?] {
        precondition(pending.isEmpty, "to be settled before")
        var values = [UInt64?](repeating: nil, count: levels.count)
        guard settled > 0 else { return values }
        var found = 0
        var passed: UInt64 = 0
        for bucket in counts.indices where counts[bucket] > 0 {
            passed += counts[bucket]
            while found < levels.count, passed >= (settled * levels[found] + 999) / 1_000 {
                values[found] = min(scale.first(of: bucket), longest)
                found += 1
            }
            if found == levels.count { break }
        }
        return values
    }

    @inline(__always) private mutating func enter(_ value: UInt64) {
        let rounded = rounding == .up ? scale.roundedUp(value) : value
        let bucket = scale.bucket(of: rounded)
        if bucket >= counts.count { grow(to: bucket + 1) }
        counts[bucket] += 1
        settled += 1
        longest = max(longest, value)
    }

    private mutating func grow(to size: Int) {
        if size > counts.count {
            counts.append(contentsOf: repeatElement(0, count: size - counts.count))
        }
    }
}
