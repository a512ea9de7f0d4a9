import KeyedChance
import Testing

@testable import Upstream

@Suite struct ServiceStationTests {
    /// Small whole numbers, so that many things happen at one instant.
    private struct Weather {
        var chance: Chance
        mutating func below(_ bound: UInt64) -> Int64 { Int64(chance.below(bound)) }
    }

    /// 64 systems of 1 to 4 servers and 0 to 5 places, 150 arrivals each: every stay and every
    /// refusal is that of a simulation event by event, exactly.
    @Test(arguments: 0..<64 as Range<UInt64>)
    func everyStayIsThatOfASimulationByEvents(number: UInt64) {
        var weather = Weather(
            chance: Chance(seed: 1, stream: Chance.Stream("test.station"), request: number))
        let capacity = Capacity(
            servers: Int(1 + weather.below(4)), queue: Int(weather.below(6)), service: .fixed(0),
            abandoned: number.isMultiple(of: 2) ? .drop : .finish)
        var station = ServiceStation(capacity)
        var simulation = EventSimulation(
            servers: capacity.servers, queueMax: capacity.queue,
            drops: capacity.abandoned == .drop)
        // Half of them in a hurry: about as many arrivals as services, or three times as many.
        let gap = UInt64(number % 4 < 2 ? 16 / capacity.servers : 6 / capacity.servers) + 1
        var now: Int64 = 0
        var stays: [EventSimulation.Stay?] = []
        var ties = 0
        for _ in 0..<150 {
            let step = weather.below(gap)
            if step == 0 { ties += 1 }
            now += step
            let work = weather.below(12)
            let clientTimeout = weather.below(8) == 0 ? .max : weather.below(20)
            simulation.arrive(at: now, work: work, clientTimeout: clientTimeout)
            guard let wait = station.wait(at: now) else {
                stays.append(nil)
                continue
            }
            let stay = station.service(wait: wait, duration: work, clientTimeout: clientTimeout)
            station.take(stay, wait: wait, at: now)
            stays.append(EventSimulation.Stay(wait: stay.wait, work: stay.duration))
        }
        simulation.runOut()
        #expect(stays == simulation.stays)
        #expect(ties > 0 && stays.contains { $0 != nil })
    }

    @Test func aServerThatBecomesFreeServesWhoComesAtThatInstant() {
        var station = ServiceStation(Capacity(servers: 1, queue: 0, service: .fixed(0)))
        #expect(station.wait(at: 0) == 0)
        station.take(Decision.Service(wait: 0, duration: 10), wait: 0, at: 0)
        #expect(station.wait(at: 9) == nil)
        #expect(station.wait(at: 10) == 0)
    }

    @Test func aPlaceInTheQueueIsFreeAtTheInstantAtWhichItIsLeft() {
        var station = ServiceStation(
            Capacity(servers: 1, queue: 1, service: .fixed(0), abandoned: .drop))
        station.take(Decision.Service(wait: 0, duration: 10), wait: 0, at: 0)
        let impatient = station.service(wait: 9, duration: 5, clientTimeout: 3)
        #expect(impatient == Decision.Service(wait: 3, duration: 0))
        station.take(impatient, wait: 9, at: 1)
        #expect(station.wait(at: 3) == nil)
        // Who left for good never keeps a server busy.
        #expect(station.wait(at: 4) == 6)
    }

    @Test func timesThatDoNotFitNeverCome() {
        var station = ServiceStation(Capacity(servers: 1, queue: 1, service: .fixed(0)))
        station.take(Decision.Service(wait: 0, duration: .max), wait: 0, at: 5)
        #expect(station.wait(at: .max) == 0)
        #expect(station.wait(at: 6) == Int64.max - 6)
        let wait = Int64.max - 6
        station.take(Decision.Service(wait: wait, duration: .max), wait: wait, at: 6)
        #expect(station.wait(at: 7) == nil)
    }
}
