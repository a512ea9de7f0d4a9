import Testing

@testable import Flight

@Suite struct TimelineAxisTests {
    /// A warm-up of 2.5 s: bins from number -3 on, the first of which is half a second long.
    @Test func `bins are counted from the end of the warm-up, by floor division`() {
        let axis = TimelineAxis(origin: 2_500_000_000)
        let instants: [Int64] = [
            0, 499_999_999, 500_000_000, 2_499_999_999, 2_500_000_000, 3_500_000_000,
        ]
        #expect(instants.map { axis.index(of: $0) } == [0, 0, 1, 2, 3, 4])
        #expect(axis.first == -3 && axis.warmupBins(of: 10) == 3 && axis.warmupBins(of: 2) == 2)
        #expect(axis.start(of: 0) == 0 && axis.end(of: 0) == 500_000_000)
        #expect(axis.start(of: 3) == 2_500_000_000)
        #expect(axis.index(of: -5) == 0)
    }

    @Test func `without a warm-up all bins are counted`() {
        var axis = TimelineAxis(origin: 0)
        #expect(axis.first == 0 && axis.index(of: 0) == 0 && axis.index(of: 999_999_999) == 0)
        axis.double()
        #expect(axis.first == 0 && axis.seconds == 2 && axis.index(of: 2_000_000_000) == 1)
    }

    @Test(arguments: [0, 1, 1_000_000_000, 2_500_000_000, 300_000_000_000, 86_400_000_000_001])
    func `doubling never mixes warm-up and counted bins`(origin: Int64) {
        var dice = Dice(UInt64(origin) + 1)
        var axis = TimelineAxis(origin: origin)
        for _ in 0..<25 {
            var next = axis
            next.double()
            for _ in 0..<200 {
                let instant = Int64(dice.anySize(bits: 51))
                let index = axis.index(of: instant)
                #expect((instant < origin) == (index < -axis.first))
                #expect(axis.start(of: index) <= instant && instant < axis.end(of: index))
                #expect(next.index(of: instant) == axis.indexAfterDoubling(index))
            }
            #expect(axis.index(of: 0) == 0)
            axis = next
        }
    }

    @Test func `the latest instants have a bin`() {
        var axis = TimelineAxis(origin: 1_500_000_000)
        for _ in 0..<25 { axis.double() }
        let last = axis.index(of: .max)
        #expect(last < TimelineAxis.binsMax && axis.start(of: last) < .max)
        #expect(axis.end(of: last) == .max)
    }
}
