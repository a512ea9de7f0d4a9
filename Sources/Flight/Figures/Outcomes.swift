/// How a number of requests ended: successes, and about how long they took.
///
/// Latencies are kept in bins of a 1024th of their values, by whole numbers only.
struct Outcomes {
    /// Each power of two is cut into this many bins.
    private static let bits: UInt64 = 10

    private(set) var requests: UInt64 = 0
    private(set) var successes: UInt64 = 0
    /// How many successes took so many microseconds; by ``index(_:)``.
    private var counts: [UInt64] = []

    /// A request ended after `latency` nanoseconds.
    mutating func add(isSuccess: Bool, after latency: Int64) {
        requests += 1
        guard isSuccess else { return }
        successes += 1
        let index = Self.index(UInt64(max(0, latency)) / 1_000)
        if index >= counts.count {
            counts.append(contentsOf: repeatElement(0, count: index + 1 - counts.count))
        }
        counts[index] += 1
    }

    /// Forgets everything.
    mutating func clear() {
        requests = 0
        successes = 0
        counts.removeAll(keepingCapacity: true)
    }

    /// Whether at most a hundredth more failed, and the 95th percentile of the successes is at most a
    /// quarter longer. Never without a success.
    func isAsGood(as other: Outcomes) -> Bool {
        guard successes > 0, other.successes > 0 else { return false }
        // successes / requests >= other.successes / other.requests - 1 / 100, in whole numbers.
        let own = Int128(successes) * Int128(other.requests) * 100
        let limit = (Int128(other.successes) * 100 - Int128(other.requests)) * Int128(requests)
        return own >= limit && percentile95 * 4 <= other.percentile95 * 5
    }

    /// Of the successes, by nearest rank, in microseconds: the least of its bin.
    private var percentile95: UInt64 {
        let rank = (successes * 95 + 99) / 100
        var passed: UInt64 = 0
        for (index, count) in counts.enumerated() {
            passed += count
            if passed >= rank { return Self.least(index) }
        }
        return 0
    }

    /// The bin of a value; values below 2048 have one each.
    private static func index(_ value: UInt64) -> Int {
        let width = UInt64(UInt64.bitWidth - value.leadingZeroBitCount)
        guard width > bits + 1 else { return Int(value) }
        let shift = width - bits - 1
        return Int((shift << bits) + (value >> shift))
    }

    /// The least value of a bin.
    private static func least(_ index: Int) -> UInt64 {
        let index = UInt64(index)
        guard index >= 1 << (bits + 1) else { return index }
        let shift = (index >> bits) - 1
        return (index - (shift << bits)) << shift
    }
}
