import APIClient
import Simulation

/// Carries each exchange over real sockets, and spends its time on the virtual clock.
///
/// The model decides at the virtual instant of the send, as in memory; then the exchange crosses, whole,
/// while no timer fires; then the decided delay passes. An answer that comes after the attempt's timeout
/// has crossed all the same, is held, and dropped.
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
            // The flight ends before its next event; what this one gets does not matter any more.
            decider.clock.abort(error.message)
            throw TransportError(.cancelled)
        }
        try await decider.wait(for: attempt)
        let reply = attempt.isInTime ? crossed ?? attempt.reply : attempt.reply
        decider.settle(attempt)
        return try reply.get()
    }
}
