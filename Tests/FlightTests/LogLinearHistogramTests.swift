import Histogram
import Testing

@testable import Flight

@Suite struct LogLinearHistogramTests {
    private static let levels: [UInt64] = [500, 950, 990, 999, 1_000]

    private static func values(_ shape: String, count: Int = 20_000) -> [UInt64] {
        var dice = Dice(11)
        return (0..<count).map { _ in
            switch shape {
            case "even": dice.below(3_000_000)
            case "of any size": dice.anySize(bits: 40)
            case "narrow": 150_000 + dice.below(50)
            case "whole milliseconds": (1 + dice.below(250)) * 1_000
            case "at the bounds of buckets": (1 << (1 + dice.below(38))) + dice.below(3) - 1
            default: dice.below(100) < 97 ? 0 : 30_000_000 + dice.below(100_000)
            }
        }
    }

    private static let shapes = [
        "even", "of any size", "narrow", "whole milliseconds", "at the bounds of buckets",
        "hits and timeouts",
    ]

    private func histogram(_ values: [UInt64], batch: Int = 1_024) -> LogLinearHistogram {
        var histogram = LogLinearHistogram(bits: 15, rounding: .up, batch: batch)
        for value in values { histogram.record(value) }
        histogram.settle()
        return histogram
    }

    /// Compared with HdrHistogram with 4 digits, where each value is rounded up to the first one of a bin.
    @Test(arguments: shapes)
    func `15 bits give the values of HdrHistogram with 4 digits`(shape: String) {
        let values = Self.values(shape, count: 100_000)
        let longest = values.max() ?? 0
        var reference = Histogram<UInt64>(
            lowestDiscernibleValue: 1, highestTrackableValue: max(2, 2 * longest),
            numberOfSignificantValueDigits: .four)
        func rest(_ value: UInt64) -> UInt64 {
            let width = UInt64.bitWidth - value.leadingZeroBitCount
            return width > 15 ? (1 << UInt64(width - 15)) - 1 : 0
        }
        for value in values {
            let rest = rest(value)
            reference.record((value + rest) & ~rest)
        }
        var expected: [UInt64?] = []
        for bin in reference.recordedValues() {
            while expected.count < Self.levels.count,
                bin.totalCountToThisValue
                    >= (UInt64(values.count) * Self.levels[expected.count] + 999) / 1_000
            {
                expected.append(min(bin.value & ~rest(bin.value), longest))
            }
        }
        #expect(histogram(values).values(at: Self.levels) == expected)
        #expect(histogram(values, batch: 1).values(at: Self.levels) == expected)
    }

    /// The setting of the recovery watch: bins of a 1024th of their values, read as their smallest value.
    @Test(arguments: shapes)
    func `11 bits rounded down are at most a 1024th below the exact nearest rank`(shape: String) {
        let values = Self.values(shape)
        var histogram = LogLinearHistogram(bits: 11, rounding: .down)
        for value in values { histogram.record(value) }
        let exact = values.sorted()[(values.count * 95 + 99) / 100 - 1]
        let width = UInt64.bitWidth - exact.leadingZeroBitCount
        let shift = UInt64(max(0, width - 11))
        #expect(histogram.values(at: [950]) == [(exact >> shift) << shift])
    }

    @Test(arguments: shapes)
    func `adding gives what recording into one would have given`(shape: String) {
        let values = Self.values(shape)
        var sum = histogram(Array(values.prefix(300)))
        sum.add(histogram(Array(values.dropFirst(300))))
        let levels = Array(stride(from: 10, through: 1_000, by: 10)) as [UInt64]
        #expect(sum.values(at: levels) == histogram(values).values(at: levels))
        #expect(sum.count == 20_000 && sum.longest == values.max())
    }

    @Test func `without values there are none to read`() {
        var histogram = LogLinearHistogram(bits: 15, rounding: .up)
        #expect(histogram.values(at: Self.levels) == [nil, nil, nil, nil, nil])
        histogram.record(40_000)
        histogram.removeAll()
        #expect(histogram.values(at: [500]) == [nil] && histogram.count == 0)
    }

    @Test(arguments: [1, 7, 11, 15, 32])
    func `buckets follow one another without gaps`(bits: Int) {
        let scale = LogLinearScale(bits: bits)
        var next: UInt64 = 0
        for bucket in 0..<min(200, (64 - bits) << (bits - 1)) {
            #expect(scale.first(of: bucket) == next)
            next += scale.width(of: bucket)
            #expect(scale.bucket(of: next - 1) == bucket && scale.bucket(of: next) == bucket + 1)
        }
        var dice = Dice(UInt64(bits))
        for _ in 0..<1_000 {
            let value = dice.anySize(bits: 62)
            let bucket = scale.bucket(of: value)
            let (first, width) = (scale.first(of: bucket), scale.width(of: bucket))
            #expect(first <= value && value - first < width)
            #expect(width == 1 || width << UInt64(bits - 1) <= first)
            #expect(scale.roundedUp(value) == (value == first ? value : first + width))
        }
    }
}
