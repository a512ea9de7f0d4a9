import APIClient
import ScenarioFile
import Simulation

/// Flies one request after another through the client, and sees what happens to each.
///
/// A caller is a task that waits for the next request when it has none; that costs less than a new
/// task for each. Confined to the simulation's thread.
@safe final class VirtualCaller: RequestObserver, @unchecked Sendable {
    // Confined: written before the task that reads it is resumed, on the same thread.
    let flown = FlownRequest()
    let lines = RequestLines()
    /// It lets go of its callers when the flight is over.
    private let driver: LoadDriver
    private let log: FlightLog
    /// Whether somebody may cancel the request under way; it is then the only one.
    let isCancellable: Bool
    /// What ends the request under way early, where somebody may.
    var cancellation: Cancellation?
    private var idle: UnsafeContinuation<Bool, Never>?

    init(_ driver: LoadDriver, _ log: FlightLog, isCancellable: Bool) {
        self.driver = driver
        self.log = log
        self.isCancellable = isCancellable
    }

    var call: CallID { flown.call }

    /// Whether nothing but its event can wake the request under way. A client of somebody else's may race
    /// tasks of which it cancels the loser.
    var isUninterrupted: Bool { !isCancellable && driver.runsOwnClients }

    /// How long the caller still waits, in nanoseconds.
    func clientTimeout(at now: Int64) -> Int64 { flown.cancelAt - now }

    func observe(_ event: ClientEvent, at now: Int64) { log.observed(self, event, at: now) }

    /// A line of a client's own log.
    func logged(_ line: String) { log.logged(line) }

    /// Flies the request at hand, then those that are brought, until there are no more.
    func fly() async {
        // Once for all of its requests: what a class holds is retained each time that it is used.
        let (driver, log, flown) = (driver, log, flown)
        var member = driver.member(of: flown.call)
        repeat {
            let asked = driver.request(of: flown)
            if flown.call.client != member.environment.identity {
                member = driver.member(of: flown.call)
            }
            log.arrived(self, asked.target, expecting: asked.request.responseSchema)
            let ending: RequestEnding
            do {
                let response =
                    if let client = member.own {
                        try await client.execute(asked.request, observer: self)
                    } else {
                        try await member.client.execute(
                            asked.request, on: RequestContext(self, member.environment))
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
            log.ended(self, ending, at: driver.now)
        } while await next()
    }

    // Within `fly`: a suspension of its own frame costs as much as the whole breaker.
    @inline(__always) private func next() async -> Bool {
        if isCancellable {
            cancellation?.drop()
            cancellation = nil
        }
        switch driver.land(self) {
        case .goesOn: return true
        case .isDone: return false
        case .waits: return await unsafe withUnsafeContinuation { unsafe idle = $0 }
        }
    }

    /// Wakes a caller that waits; `false` sends it home.
    func resume(_ hasRequest: Bool) {
        let continuation = unsafe idle
        unsafe idle = nil
        unsafe continuation?.resume(returning: hasRequest)
    }
}
