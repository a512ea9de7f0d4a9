import APIClient
import CurlTransport
import MockUpstream
import Upstream

/// Performs exchanges over real sockets, one at a time. curl and the server run alternately on the simulation's
/// own thread, so there are no wake-ups between cores, and nothing depends on relative speed.
///
/// Confined to the simulation's thread.
/// Confined to the simulation's thread.
final class WireCrossing: @unchecked Sendable {
    // Confined, like the class.
    private let endpoints: LoopbackEndpoints
    /// The error that stopped the flight; nil: none.
    private(set) var failure: FlightError?
    /// Real time after which an exchange counts as stuck, in nanoseconds.
    private static let watchdogLimit: Int64 = 10_000_000_000
    /// Number of turns between two reads of the clock.
    private static let turnsUnwatched = 4_096

    init(_ endpoints: LoopbackEndpoints) { self.endpoints = endpoints }

    private final class Arrival {
        var result: Result<TransportResponse, TransportError>?
    }

    /// Performs an exchange and compares the observed result with the decision.
    ///
    /// - Returns: the result that the client saw; nil: the exchange hangs, and no result will ever arrive.
    /// - Throws: ``FlightError``: `notReproduced` if they differ, `environment` if the exchange gets stuck.
    func cross(
        _ request: TransportRequest, _ decision: Decision
    ) throws(FlightError) -> Result<TransportResponse, TransportError>? {
        do {
            let result = try carry(request, decision)
            try compare(result, request, decision)
            return result
        } catch {
            if failure == nil { failure = error }
            throw error
        }
    }

    private func carry(
        _ request: TransportRequest, _ decision: Decision
    ) throws(FlightError) -> Result<TransportResponse, TransportError>? {
        let arrival = Arrival()
        let callers = endpoints.server.connectionCount
        let (number, transfer) = try endpoints.start(request, decision, .atOnce) {
            arrival.result = $0
        }
        // A hanging exchange is released once it is known to hang: the client waits on the virtual clock, and
        // each open transfer costs curl time at every turn.
        defer { endpoints.end(number, transfer) }
        var turns = 0
        var started: WallTime.Instant?
        while true {
            endpoints.curl.turn()
            if arrival.result != nil { break }
            endpoints.server.turn()
            if case .hang(let beforeRequest) = decision.ending {
                let isThere =
                    beforeRequest
                    ? endpoints.server.connectionCount > callers : endpoints.table.isParked(number)
                if isThere { break }
            }
            turns += 1
            guard turns % Self.turnsUnwatched == 0 else { continue }
            let now = WallTime.now
            if let started, WallTime.nanoseconds(from: started, to: now) > Self.watchdogLimit {
                throw FlightError(
                    .environment,
                    "\(Self.name(request)) has been on its way over loopback for "
                        + "\(Self.watchdogLimit / 1_000_000_000) s and does not arrive")
            }
            started = started ?? now
        }
        return arrival.result
    }

    private func compare(
        _ result: Result<TransportResponse, TransportError>?, _ request: TransportRequest,
        _ decision: Decision
    ) throws(FlightError) {
        if let problem = endpoints.table.problem ?? endpoints.table.unknown {
            throw FlightError(.notReproduced, "\(Self.name(request)): \(problem)")
        }
        let decided = CanonicalExchange(decided: decision.ending)
        let observed = CanonicalExchange(observed: result)
        guard decided != observed else { return }
        if case .failure(let error) = result, error.code == .connectionFailed {
            throw FlightError.noConnection(error)
        }
        var words = "decided: \(decided); observed: \(observed)"
        if case .failure(let error) = result, !error.message.isEmpty {
            words += " (\(error.message))"
        }
        throw FlightError(
            .notReproduced,
            "\(Self.name(request)) crossed differently from what was decided; \(words)")
    }

    private static func name(_ request: TransportRequest) -> String {
        "request \(request.call.request), attempt \(request.attempt)"
    }
}
