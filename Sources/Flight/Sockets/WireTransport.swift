import APIClient
import Simulation

/// Performs each exchange over real sockets, and lets its delay pass on the virtual clock.
///
/// The model decides at the virtual instant of the send, as in memory. Then the whole exchange takes place
/// while no timer fires, and then the decided delay passes. An answer that is due after the attempt's timeout
/// crosses the sockets as well, is compared, and dropped.
final class WireTransport: Transport {
    private let decider: AttemptDecider
    private let crossing: WireCrossing

    init(_ decider: AttemptDecider, _ crossing: WireCrossing) {
        (self.decider, self.crossing) = (decider, crossing)
    }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        let attempt = decider.decide(request)
        let crossed: Result<TransportResponse, TransportError>?
        do {
            crossed = try crossing.cross(request, attempt.record.decision)
        } catch {
            // The flight ends before its next event, so the result of this attempt has no effect.
            decider.clock.abort(error.message)
            throw TransportError(.cancelled)
        }
        try await decider.wait(for: attempt)
        let reply = attempt.isInTime ? crossed ?? attempt.reply : attempt.reply
        decider.settle(attempt)
        return try reply.get()
    }
}
