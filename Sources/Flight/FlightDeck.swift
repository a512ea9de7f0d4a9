import APIClient
import Scenario
import Simulation

/// Brings each arriving request to a pilot, and knows when all have ended.
///
/// Confined to the simulation's thread.
@safe final class FlightDeck: EventHandler, @unchecked Sendable {
    private let simulation: Simulation
    private let clock: SimulationClock
    private let log: FlightLog
    private let progress: ((Int64, UInt64) -> Void)?
    let client: APIClient
    // Confined to the simulation's thread, as everything below.
    private let loads: [LoadSchedule]
    private var idle: [Pilot] = []
    private var flying = 0
    private var pending = 0
    private var started: UInt64 = 0
    private var finished: UnsafeContinuation<Void, Never>?

    init(
        _ simulation: Simulation, _ client: APIClient, _ loads: [LoadSchedule], _ log: FlightLog,
        progress: ((Int64, UInt64) -> Void)?
    ) {
        self.simulation = simulation
        clock = simulation.clock
        self.client = client
        self.loads = loads
        self.log = log
        self.progress = progress
    }

    var now: Int64 { clock.now.nanoseconds }

    /// Flies every load to its end and every request to its answer.
    func flyAll() async {
        for index in loads.indices { scheduleNext(index) }
        if pending > 0 { await unsafe withUnsafeContinuation { unsafe finished = $0 } }
    }

    /// A request of load number `token` arrives.
    func fire(_ token: UInt64) {
        let index = Int(token)
        let number = loads[index].takeArrival()
        pending -= 1
        flying += 1
        started += 1
        scheduleNext(index)
        if started % 16_384 == 0 { progress?(now, started) }
        let pilot = idle.popLast()
        let flown = pilot ?? Pilot(self, log)
        flown.flown = FlownRequest()
        flown.flown.call = CallID(request: number)
        flown.flown.load = index
        flown.flown.arrival = now
        if let pilot {
            pilot.resume(true)
        } else {
            simulation.spawn { await flown.fly() }
        }
    }

    /// What a request asks.
    func request(of flown: FlownRequest) -> APIRequest {
        loads[flown.load].request(flown.call.request)
    }

    /// Takes a pilot back.
    /// - Returns: whether it should wait for another request.
    func land(_ pilot: Pilot) -> Bool {
        flying -= 1
        guard flying == 0 && pending == 0 else {
            idle.append(pilot)
            return true
        }
        for waiting in idle { waiting.resume(false) }
        idle = []
        let root = unsafe finished
        unsafe finished = nil
        unsafe root?.resume()
        return false
    }

    private func scheduleNext(_ index: Int) {
        guard let (request, instant) = loads[index].nextArrival() else { return }
        pending += 1
        simulation.schedule(
            EventKey(instant, .arrival, request: request), self, token: UInt64(index))
    }
}
