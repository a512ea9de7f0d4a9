import APIClient
import ScenarioFile
import Testing
import Upstream

@testable import Flight

@Suite struct LoadScheduleTests {
    private func schedule(_ path: String, at index: Int = 0, seed: UInt64 = 1) throws
        -> LoadSchedule
    {
        let load = Load(name: "a", rate: .steady(.perSecond(10)), path: path)
        return try LoadSchedule(load, at: index, seed: seed, end: 100 * second, clients: 1)
    }

    @Test func aRangeIsDrawnFromEvenlyWithBothItsEnds() throws {
        let schedule = try schedule("/v1/users/{1..4}/x")
        var counts: [String: Int] = [:]
        for number in 0..<8_000 as Range<UInt64> {
            counts[schedule.request(number).request.endpoint, default: 0] += 1
        }
        // 2 000 are expected of each kind; four standard deviations are 4 * sqrt(8 000 * 3 / 16) = 155.
        #expect(counts.count == 4)
        for user in 1...4 { #expect(abs(counts["/v1/users/\(user)/x", default: 0] - 2_000) <= 155) }
    }

    @Test func twoRangesAreDrawnEachForItself() throws {
        let schedule = try schedule("/{0..1}/{0..1}")
        let paths = Set((0..<100 as Range<UInt64>).map { schedule.request($0).request.endpoint })
        #expect(paths == ["/0/0", "/0/1", "/1/0", "/1/1"])
    }

    @Test func aWideRangeIsNotWrittenOut() throws {
        let schedule = try schedule("/{1..1000000000000}/{7..7}")
        let numbers = (0..<1_000 as Range<UInt64>).compactMap { number in
            UInt64(schedule.request(number).request.endpoint.dropFirst().dropLast(2))
        }
        #expect(
            numbers.count == 1_000 && numbers.allSatisfy { (1...1_000_000_000_000).contains($0) })
        #expect(numbers.max() ?? 0 > 900_000_000_000)
    }

    @Test func aRequestsPathHangsOnItsNumberAndTheSeed() throws {
        let one = try schedule("/{1..1000}")
        #expect(
            one.request(5).request.endpoint
                == (try schedule("/{1..1000}")).request(5).request.endpoint)
        let paths = [
            one.request(5), one.request(6), try schedule("/{1..1000}", seed: 2).request(5),
        ].map(\.request.endpoint)
        #expect(Set(paths).count == 3)
    }

    @Test func requestsAreNumberedByLoad() throws {
        let first = try schedule("/a")
        let third = try schedule("/a", at: 2)
        #expect((0..<3).compactMap { _ in first.nextArrival()?.request } == [0, 1, 2])
        #expect(third.nextArrival()?.request == 2_000_000_000_000)
    }

    /// From 0 to 200 per second in 10 s: 1 000 arrivals, a quarter of them in the first half. Arrival k comes
    /// at the instant t with 10 t^2 = k.
    @Test func aRampsArrivalsFollowItsIntegral() throws {
        let ramp = Load(
            name: "a", rate: .ramp(from: .perSecond(0), to: .perSecond(200)), duration: 10 * second,
            path: "/a")
        var process = ArrivalProcess(ramp, at: 0, seed: 1, end: 100 * second)
        var instants: [Int64] = []
        while let (_, instant) = process.next() { instants.append(instant) }
        #expect(instants.count == 1_000)
        #expect(instants.filter { $0 < 5 * second }.count == 250)
        #expect(instants[40] == 2 * second && instants[90] == 3 * second)
    }

    @Test func aRampThatFallsToNothingEnds() throws {
        let ramp = Load(
            name: "a", rate: .ramp(from: .perSecond(100), to: .perSecond(0)), arrivals: .poisson,
            duration: 100 * second, path: "/a")
        var process = ArrivalProcess(ramp, at: 0, seed: 3, end: 100 * second)
        var count = 0.0
        var last: Int64 = 0
        while let (_, instant) = process.next() {
            #expect(instant >= last && instant < 100 * second)
            (count, last) = (count + 1, instant)
        }
        // 5 000 are expected; four standard deviations are 283.
        #expect(abs(count - 5_000) < 283)
    }
}
