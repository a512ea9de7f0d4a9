import APIClient
import Scenario
import Simulation

/// Flies one request after another through the client, and sees what happens to each.
///
/// A pilot is a task that waits for the next request when it has none; that costs less than a new
/// task for each. Confined to the simulation's thread.
@safe final class Pilot: RequestObserver, @unchecked Sendable {
    // Confined: written before the task that reads it is resumed, on the same thread.
    var flown = FlownRequest()
    let lines = RequestLines()
    private unowned let deck: FlightDeck
    private let log: FlightLog
    /// Whether somebody may cancel the request under way.
    let isCancellable = false
    private var idle: UnsafeContinuation<Bool, Never>?

    init(_ deck: FlightDeck, _ log: FlightLog) {
        self.deck = deck
        self.log = log
    }

    var call: CallID { flown.call }

    func observe(_ event: ClientEvent, at now: Int64) { log.observed(self, event, at: now) }

    /// Flies the request at hand, then those that are brought, until there are no more.
    func fly() async {
        repeat {
            let request = deck.request(of: flown)
            log.arrived(self, request)
            let ending: RequestEnding
            do {
                let response = try await deck.client.execute(request, observer: self)
                ending = .answer(
                    status: response.statusCode, isValid: log.bodies.isValid(response.body),
                    source: response.isStale ? .stale : response.cached ? .cache : .upstream)
            } catch {
                ending = .error(error.code, error.origin)
            }
            log.ended(self, ending, at: deck.now)
        } while await next()
    }

    private func next() async -> Bool {
        guard deck.land(self) else { return false }
        return await unsafe withUnsafeContinuation { unsafe idle = $0 }
    }

    /// Wakes a pilot that waits; `false` sends it home.
    func resume(_ hasRequest: Bool) {
        let continuation = unsafe idle
        unsafe idle = nil
        unsafe continuation?.resume(returning: hasRequest)
    }
}
