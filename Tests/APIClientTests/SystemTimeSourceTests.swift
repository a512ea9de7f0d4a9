import Testing

@testable import APIClient

@Suite("The time of production") struct SystemTimeSourceTests {
    /// Each interval of one clock lies within a larger one of the other, which is only true if both
    /// are the same clock.
    @Test func `is that of ContinuousClock`() async throws {
        let clock = ContinuousClock()
        let source = SystemTimeSource(clock)
        let outer = source.now
        let began = clock.now
        let inner = source.now
        try await source.sleep(
            until: source.now + 2_000_000, kind: .wakeUp, call: CallID(request: 0), attempt: 0)
        let innerPassed = source.now - inner
        let passed = began.duration(to: clock.now).nanoseconds
        let outerPassed = source.now - outer
        #expect(innerPassed <= passed && passed <= outerPassed)
        #expect(innerPassed >= 2_000_000)
    }

    @Test func `begins at 0, never falls, and no sleep ends before its instant`() async throws {
        let source = SystemTimeSource(ContinuousClock())
        var last = source.now
        #expect(last >= 0 && last < 1_000_000_000)
        for _ in 0..<10_000 {
            let now = source.now
            #expect(now >= last)
            last = now
        }
        for step in 1...20 as ClosedRange<Int64> {
            let instant = source.now + step * 10_000
            try await source.sleep(
                until: instant, kind: .deadline, call: CallID(request: 0), attempt: 0)
            #expect(source.now >= instant)
        }
    }
}
