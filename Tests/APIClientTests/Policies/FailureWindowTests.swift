import KeyedChance
import Testing

@testable import APIClient

@Suite struct FailureWindowTests {
    private static let second: Int64 = 1_000_000_000

    @Test("A result leaves when its bucket is 60 buckets old, at a bucket's border and not before")
    func bucketBorders() {
        for offset in [0, 1, Self.second / 2, Self.second - 1] {
            var window = FailureWindow()
            window.record(isFailure: true, at: 7 * Self.second + offset)
            window.advance(to: 67 * Self.second - 1)
            #expect(window.failures == 1 && window.total == 1)
            window.advance(to: 67 * Self.second)
            #expect(window.failures == 0 && window.total == 0)
        }
    }

    @Test(
        "After an idle gap of any length only what is in the window counts",
        arguments: [1, 30, 59, 60, 61, 119, 120, 121, 300, 1_000_000])
    func idleGaps(gap: Int64) {
        var window = FailureWindow()
        for second in 100..<160 as Range<Int64> {
            window.record(isFailure: second % 2 == 0, at: second * Self.second)
        }
        #expect(window.failures == 30 && window.total == 60)
        window.record(isFailure: true, at: (159 + gap) * Self.second)
        let left = max(0, 60 - Int(gap))
        #expect(window.total == left + 1)
        #expect(window.failures == left / 2 + 1)
    }

    @Test("A result that comes late counts where it belongs, and not at all if that has gone")
    func late() {
        var window = FailureWindow()
        window.record(isFailure: false, at: 100 * Self.second)
        window.record(isFailure: true, at: 41 * Self.second)
        window.record(isFailure: true, at: 41 * Self.second - 1)
        #expect(window.failures == 1 && window.total == 2)
        window.advance(to: 101 * Self.second)
        #expect(window.failures == 0 && window.total == 1)
    }

    @Test("Cleared, it is as new") func clear() {
        var window = FailureWindow()
        window.record(isFailure: true, at: 5 * Self.second)
        window.clear()
        #expect(window.failures == 0 && window.total == 0)
        window.record(isFailure: true, at: 5 * Self.second)
        window.advance(to: 65 * Self.second)
        #expect(window.failures == 0 && window.total == 0)
    }

    @Test("The totals are those of a list of all results", arguments: 0..<40 as Range<UInt64>)
    func againstAList(seed: UInt64) {
        var chance = Chance(seed: seed, stream: .init("window"))
        var window = FailureWindow()
        var list: [(second: Int64, isFailure: Bool)] = []
        var now: Int64 = 0
        for _ in 0..<2_000 {
            switch chance.below(20) {
            case 0: now += chance.within(0...200 * Self.second)
            case 1: now = (now / Self.second + chance.within(0...61)) * Self.second
            case 2: now += 60 * Self.second - 1
            default: now += chance.within(0...2 * Self.second)
            }
            if chance.below(500) == 0 {
                window.clear()
                list.removeAll()
            }
            let isFailure = chance.below(3) == 0
            window.record(isFailure: isFailure, at: now)
            list.append((now / Self.second, isFailure))
            list.removeAll { $0.second <= now / Self.second - 60 }
            #expect(window.total == list.count)
            #expect(window.failures == list.count { $0.isFailure })
        }
    }
}
