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
    /// By their numbers.
    private let crew: [Crew]
    // Confined to the simulation's thread, as everything below.
    private let loads: [LoadSchedule]
    private var idle: [Pilot] = []
    private var flying = 0
    private var pending = 0
    private var started: UInt64 = 0
    private var finished: UnsafeContinuation<Void, Never>?

    /// A client and what it was made from.
    struct Crew {
        let seat: FlightSeat
        let client: any FlownClient
        /// The same one, where it is the product's own: then nothing stands between it and the pilot.
        let own: APIClient?
    }

    init(
        _ simulation: Simulation, _ crew: [Crew], _ loads: [LoadSchedule], _ log: FlightLog,
        progress: ((Int64, UInt64) -> Void)?
    ) {
        self.simulation = simulation
        clock = simulation.clock
        self.crew = crew
        self.loads = loads
        self.log = log
        self.progress = progress
    }

    var now: Int64 { clock.now.nanoseconds }

    /// Flies every load to its end and every request to its answer.
    func flyAll() async {
        for index in loads.indices {
            scheduleNext(index)
            for user in 0..<loads[index].users {
                schedule(loads[index].nextArrival(after: nil, ofUser: user, at: 0), of: index)
            }
        }
        if pending > 0 { await unsafe withUnsafeContinuation { unsafe finished = $0 } }
    }

    /// Request number `token` arrives.
    func fire(_ token: UInt64) {
        let index = LoadSchedule.place(of: token)
        pending -= 1
        flying += 1
        started += 1
        scheduleNext(index)
        if started % 16_384 == 0 { progress?(now, started) }
        let cancelAt = loads[index].cancellation(of: token, at: now)
        // A task that was cancelled stays so: such a request has one of its own.
        let pilot = cancelAt == nil ? idle.popLast() : nil
        let flown = pilot ?? Pilot(self, log, isCancellable: cancelAt != nil)
        flown.flown = FlownRequest()
        flown.flown.call = CallID(client: loads[index].client(of: token), request: token)
        flown.flown.load = index
        flown.flown.arrival = now
        if let pilot {
            pilot.resume(true)
        } else {
            let task = simulation.spawn { await flown.fly() }
            if let cancelAt { cancel(flown, task, at: cancelAt) }
        }
    }

    private func cancel(_ pilot: Pilot, _ task: Task<Void, Never>, at instant: Int64) {
        pilot.flown.cancelAt = instant
        simulation.schedule(
            EventKey(
                instant, .timeout, client: pilot.call.client, request: pilot.call.request),
            Cancellation(pilot, task, log))
    }

    /// What a request asks.
    func request(of flown: FlownRequest) -> APIRequest {
        loads[flown.load].request(flown.call.request)
    }

    @inline(__always) func crew(of call: CallID) -> Crew { crew[Int(call.client)] }

    /// Takes a pilot back.
    /// - Returns: whether it should wait for another request.
    func land(_ pilot: Pilot) -> Bool {
        flying -= 1
        let index = pilot.flown.load
        if loads[index].users > 0 {
            schedule(loads[index].nextArrival(after: pilot.call.request, at: now), of: index)
        }
        guard flying == 0 && pending == 0 else {
            if pilot.isCancellable { return false }
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

    private func scheduleNext(_ index: Int) { schedule(loads[index].nextArrival(), of: index) }

    private func schedule(_ arrival: (request: UInt64, instant: Int64)?, of index: Int) {
        guard let (request, instant) = arrival else { return }
        pending += 1
        simulation.schedule(
            EventKey(
                instant, .arrival, client: loads[index].client(of: request), request: request),
            self, token: request)
    }
}

/// A caller that gives up, if the request is still under way then.
private final class Cancellation: EventHandler {
    private let pilot: Pilot
    private let task: Task<Void, Never>
    private let log: FlightLog

    init(_ pilot: Pilot, _ task: Task<Void, Never>, _ log: FlightLog) {
        (self.pilot, self.task, self.log) = (pilot, task, log)
    }

    func fire(_ token: UInt64) {
        guard !pilot.hasLanded else { return }
        log.cancelled(pilot, at: pilot.flown.cancelAt)
        task.cancel()
    }
}
