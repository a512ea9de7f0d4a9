import APIClient
import Simulation

/// Carries each exchange over real sockets, and spends its time on the virtual clock.
///
/// The model decides at the virtual instant of the send, as in memory; then the exchange crosses, whole,
/// while no timer fires; then the decided delay passes. An answer that comes after the attempt's timeout
/// has crossed all the same, is held, and dropped.
final class WireTransport: Transport {
    private let desk: AttemptDesk
    private let link: WireLink

    init(_ desk: AttemptDesk, _ link: WireLink) { (self.desk, self.link) = (desk, link) }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        let attempt = desk.decide(request)
        let crossed: Result<TransportResponse, TransportError>?
        do {
            crossed = try link.cross(request, attempt.decision)
        } catch {
            // The flight ends before its next event; what this one gets does not matter any more.
            desk.clock.abort(error.message)
            throw TransportError(.cancelled)
        }
        try await desk.wait(until: attempt.end, attempt.pilot)
        guard attempt.isInTime, let crossed else { return try attempt.reply.get() }
        return try crossed.get()
    }
}
