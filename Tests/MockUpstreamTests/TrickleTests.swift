import Testing

@testable import MockUpstream

/// The slices of a slow body.
@Suite struct TrickleTests {
    @Test(
        "Every byte is due in its turn, the first at the start and the last at the end",
        arguments: [1, 2, 15, 16, 17, 1_000, 100_000],
        [1, 7, 1_000_000, 60_000_000_000, 3_600_000_000_001] as [Int64])
    func slices(count: Int, time: Int64) {
        let trickle = Trickle(start: 1_000, time: time, count: count)
        var sent = 0
        var last: Int64 = 0
        while sent < count {
            let due = trickle.due(after: sent)
            #expect(due >= last && (1_000...1_000 + time).contains(due))
            let allowed = trickle.allowed(at: due)
            #expect(allowed > sent)
            // At an instant before nothing more was allowed.
            if due > last { #expect(trickle.allowed(at: due - 1) <= sent) }
            if sent == 0 && count > 1 { #expect(due == 1_000) }
            guard allowed > sent else { return }
            (sent, last) = (allowed, due)
        }
        #expect(last == 1_000 + time)
        #expect(trickle.allowed(at: 999) == 0)
    }

    @Test("A time that never ends is no overflow")
    func endless() {
        let trickle = Trickle(start: .max - 5, time: .max, count: 3)
        #expect(trickle.due(after: 2) == .max)
        #expect(trickle.allowed(at: .max) == 3)
    }
}
