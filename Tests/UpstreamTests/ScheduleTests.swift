import Testing

@testable import Upstream

@Suite struct ScheduleTests {
    @Test(
        arguments: [
            // Once, from 10 for 5.
            (Schedule(start: 10, duration: 5), 9, nil), (Schedule(start: 10, duration: 5), 10, 0),
            (Schedule(start: 10, duration: 5), 14, 0), (Schedule(start: 10, duration: 5), 15, nil),
            // Without an end.
            (Schedule(start: 10), 9, nil), (Schedule(start: 10), 10, 0),
            (Schedule(start: 10), .max, 0),
            (.always, 0, 0),
            // Every 20.
            (Schedule(start: 10, duration: 5, period: 20), 29, nil),
            (Schedule(start: 10, duration: 5, period: 20), 30, 1),
            (Schedule(start: 10, duration: 5, period: 20), 34, 1),
            (Schedule(start: 10, duration: 5, period: 20), 35, nil),
            (Schedule(start: 10, duration: 5, period: 20), 2_010, 100),
            // Without a gap, and never.
            (Schedule(start: 0, duration: 20, period: 20), 19, 0),
            (Schedule(start: 0, duration: 20, period: 20), 20, 1),
            (Schedule(start: 10, duration: 0), 10, nil),
        ] as [(Schedule, Int64, Int64?)])
    func itIsActiveFromItsStartToBeforeItsEnd(
        schedule: Schedule, instant: Int64, occurrence: Int64?
    ) {
        #expect(schedule.occurrence(at: instant) == occurrence)
    }

    @Test(
        arguments: [
            (Schedule(start: 10, duration: 5), 0, 10), (Schedule(start: 10, duration: 5), 9, 10),
            (Schedule(start: 10, duration: 5), 10, 15), (Schedule(start: 10, duration: 5), 14, 15),
            (Schedule(start: 10, duration: 5), 15, nil), (Schedule(start: 10), 10, nil),
            (.always, 0, nil),
            (Schedule(start: 10, duration: 5, period: 20), 15, 30),
            (Schedule(start: 10, duration: 5, period: 20), 30, 35),
            (Schedule(start: 10, duration: 5, period: 20), 34, 35),
            (Schedule(start: 0, duration: .max), 5, .max),
            (Schedule(start: 1, duration: .max), 5, nil),
        ] as [(Schedule, Int64, Int64?)])
    func theNextEdgeIsTheNextBeginningOrEnd(schedule: Schedule, after: Int64, edge: Int64?) {
        #expect(schedule.nextEdge(after: after) == edge)
    }

    @Test func betweenTwoEdgesNothingChanges() throws {
        let schedule = Schedule(start: 7, duration: 3, period: 11)
        var edge = try #require(schedule.nextEdge(after: -1))
        for instant in Int64(0)..<200 {
            guard instant != edge else {
                edge = try #require(schedule.nextEdge(after: instant))
                continue
            }
            guard instant > 0 else { continue }
            #expect(
                schedule.occurrence(at: instant) == schedule.occurrence(at: instant - 1),
                "changed at \(instant)")
        }
    }

    @Test func anUpstreamsNextEdgeIsTheFirstOfItsFaults() {
        let model = upstream([
            status(503, Schedule(start: 100, duration: 50)), status(500, Schedule(start: 120)),
            slow(.fixed(1)),
        ])
        #expect(model.nextEdge(after: 0) == 100)
        #expect(model.nextEdge(after: 100) == 120)
        #expect(model.nextEdge(after: 120) == 150)
        #expect(model.nextEdge(after: 150) == nil)
        #expect(upstream().nextEdge(after: 0) == nil)
    }
}
