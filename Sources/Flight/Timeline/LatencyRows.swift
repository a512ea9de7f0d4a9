/// The 32 rows of a latency heat map, for all bins of a timeline.
///
/// Row 0 begins at 0. The edges above it are evenly spaced on a logarithmic scale, with 16, 8, 4, 2 or 1 rows
/// per power of two: as fine as possible while the rows cover the shortest to the longest latency. Latencies
/// below 64 microseconds, such as those of cache hits, are always in row 0. Each edge is the first value of a
/// bucket of ``TimelineBins/scale``, so that the row counts are exact.
struct LatencyRows {
    static let count = 32
    private static let least: UInt64 = 64
    /// 64 * 2^(k / 16), rounded, for k from 0 to 15.
    private static let sixteenths: [UInt64] = [
        64, 67, 70, 73, 76, 79, 83, 87, 91, 95, 99, 103, 108, 112, 117, 123,
    ]

    /// The 33 bounds of the rows, in microseconds; the first is 0.
    let edges: [UInt64]

    /// - Parameters:
    ///   - shortest: the shortest latency from 64 microseconds on, in microseconds; shorter ones are in row 0.
    ///   - longest: the longest latency, in microseconds.
    init(shortest: UInt64, longest: UInt64) {
        let longest = max(longest, Self.least)
        let shortest = min(max(shortest, Self.least), longest)
        var step = 1
        while step < 16,
            Self.sixteenth(of: longest) / step - Self.sixteenth(of: shortest) / step > Self.count
                - 2
        {
            step *= 2
        }
        let last = Self.sixteenth(of: longest) / step
        let first = max(0, min(Self.sixteenth(of: shortest) / step, last))
        let lowest = max(first, last - (Self.count - 2))
        edges = [0] + (0..<Self.count).map { Self.edge((lowest + $0) * step) }
    }

    /// The row of a latency in microseconds; it must not exceed the longest.
    func row(of value: UInt64) -> Int {
        var (low, high) = (0, Self.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if edges[middle] <= value { low = middle } else { high = middle }
        }
        return low
    }

    /// The index of the last sixteenth of a power of two that begins at or below a value; the one at 64 has index 0.
    private static func sixteenth(of value: UInt64) -> Int {
        let power = UInt64.bitWidth - 7 - value.leadingZeroBitCount
        let part = sixteenths.lastIndex { $0 << UInt64(power) <= value } ?? 0
        return power * 16 + part
    }

    private static func edge(_ number: Int) -> UInt64 {
        sixteenths[number % 16] << UInt64(number / 16)
    }
}
