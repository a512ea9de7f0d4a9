import APIClient
import Scenario
import Simulation

/// Flies one request after another through the client, and sees what happens to each.
///
/// A pilot is a task that waits for the next request when it has none; that costs less than a new
/// task for each. Confined to the simulation's thread.
@safe final class Pilot: RequestObserver, @unchecked Sendable {
    // Confined: written before the task that reads it is resumed, on the same thread.
    let flown = FlownRequest()
    let lines = RequestLines()
    /// It lets go of its pilots when the flight is over.
    private let deck: FlightDeck
    private let log: FlightLog
    /// Whether somebody may cancel the request under way; it is then the only one.
    let isCancellable: Bool
    /// What ends the request under way early, where somebody may.
    var cancellation: Cancellation?
    private var idle: UnsafeContinuation<Bool, Never>?

    init(_ deck: FlightDeck, _ log: FlightLog, isCancellable: Bool) {
        self.deck = deck
        self.log = log
        self.isCancellable = isCancellable
    }

    var call: CallID { flown.call }

    /// Whether nothing but its event can wake the request under way. A client of somebody else's may race
    /// tasks of which it cancels the loser.
    var isUninterrupted: Bool { !isCancellable && deck.fliesOwnClients }

    /// How long the caller still waits, in nanoseconds.
    func patience(at now: Int64) -> Int64 { flown.cancelAt - now }

    func observe(_ event: ClientEvent, at now: Int64) { log.observed(self, event, at: now) }

    /// A line of a client's own log.
    func logged(_ line: String) { log.logged(line) }

    /// Flies the request at hand, then those that are brought, until there are no more.
    func fly() async {
        // Once for all of its requests: what a class holds is retained each time that it is used.
        let (deck, log, flown) = (deck, log, flown)
        var crew = deck.crew(of: flown.call)
        repeat {
            let asked = deck.request(of: flown)
            if flown.call.client != crew.seat.identity { crew = deck.crew(of: flown.call) }
            log.arrived(self, asked.target, expecting: asked.request.responseSchema)
            let ending: RequestEnding
            do {
                let response =
                    if let client = crew.own {
                        try await client.execute(asked.request, observer: self)
                    } else {
                        try await crew.client.execute(
                            asked.request, on: FlightLine(self, crew.seat))
                    }
                ending = .answer(
                    status: response.statusCode,
                    isValid: log.bodies.isValid(
                        response.body, status: response.statusCode, fields: response.headers,
                        as: flown.schema),
                    source: response.isStale ? .stale : response.cached ? .cache : .upstream)
            } catch {
                ending = .error(error.code, error.origin)
            }
            log.ended(self, ending, at: deck.now)
        } while await next()
    }

    // Within `fly`: a suspension of its own frame costs as much as the whole breaker.
    @inline(__always) private func next() async -> Bool {
        if isCancellable {
            cancellation?.drop()
            cancellation = nil
        }
        switch deck.land(self) {
        case .goesOn: return true
        case .isDone: return false
        case .waits: return await unsafe withUnsafeContinuation { unsafe idle = $0 }
        }
    }

    /// Wakes a pilot that waits; `false` sends it home.
    func resume(_ hasRequest: Bool) {
        let continuation = unsafe idle
        unsafe idle = nil
        unsafe continuation?.resume(returning: hasRequest)
    }
}
