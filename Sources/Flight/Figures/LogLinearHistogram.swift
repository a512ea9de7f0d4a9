/// Counts of whole numbers, kept to their first significant bits and read by nearest rank.
///
/// Two histograms of the same kind can be added: the sum is what recording everything into one would have given. The
/// memory is an array of all buckets up to the highest in use. For many small histograms see ``CountPages``, which
/// gives out memory on the same scale by powers of two.
struct LogLinearHistogram: Sendable {
    /// How a value that lies within a bucket is recorded.
    enum Rounding: Sendable {
        /// As the first value of its bucket: read as that value or less.
        case down
        /// As the first value of the next bucket: read as that value or more. What people write down, such as 40 or
        /// 150 ms, reads as itself with 15 bits, so that a limit at that value is met.
        case up
    }

    private let scale: LogLinearScale
    private let rounding: Rounding
    private let batch: Int
    private var counts: [UInt64] = []
    private var settled: UInt64 = 0
    /// Recorded and not in their buckets yet.
    private var pending: [UInt64] = []

    /// The largest value recorded, exactly, as far as it was settled; 0 without any.
    private(set) var longest: UInt64 = 0

    /// - Parameters:
    ///   - bits: significant bits, from 1 to 32. A bucket is at most 1 / 2^(bits - 1) of its values wide.
    ///   - rounding: to which end of its bucket a value is rounded.
    ///   - batch: how many values are put into their buckets at once. Buckets lie all over the memory; to go there for
    ///     one value means to wait for it, and for many at once the processor waits for all of them together. 1 suits
    ///     where there are few buckets.
    init(bits: Int, rounding: Rounding, batch: Int = 1) {
        precondition(batch >= 1, "a batch holds a value")
        scale = LogLinearScale(bits: bits)
        self.rounding = rounding
        self.batch = batch
    }

    /// The number of values.
    var count: UInt64 { settled + UInt64(pending.count) }

    /// Counts a value.
    mutating func record(_ value: UInt64) {
        if batch == 1 { return enter(value) }
        pending.append(value)
        if pending.count >= batch { settle() }
    }

    /// Puts all values into their buckets. To be called before anything but ``count`` is read.
    mutating func settle() {
        for value in pending { enter(value) }
        pending.removeAll(keepingCapacity: true)
    }

    /// Forgets all values and keeps the memory.
    mutating func removeAll() {
        counts.removeAll(keepingCapacity: true)
        pending.removeAll(keepingCapacity: true)
        (settled, longest) = (0, 0)
    }

    /// Adds all values of another histogram with the same bits and rounding; both have to be settled.
    mutating func add(_ other: LogLinearHistogram) {
        precondition(other.scale == scale && other.rounding == rounding, "one kind of buckets")
        precondition(pending.isEmpty && other.pending.isEmpty, "to be settled before")
        grow(to: other.counts.count)
        for bucket in other.counts.indices { counts[bucket] += other.counts[bucket] }
        settled += other.settled
        longest = max(longest, other.longest)
    }

    /// The values of some ranks, in one walk through the buckets.
    /// - Parameter levels: ranks in thousandths of the count, rising: 500 for the median, 1000 for the largest.
    /// - Returns: for each level the value by nearest rank, as it was rounded, but never more than the largest; nil
    ///   where nothing was recorded.
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
