public import APIClient
import Simulation

/// Carries out the upstream model's decisions in memory, on virtual time.
public final class SimulatedTransport: Transport {
    private let desk: AttemptDesk

    init(_ desk: AttemptDesk) { self.desk = desk }

    // Within the witness that the client calls, for one frame less an attempt.
    /// Lets the upstream decide, waits out the decision on virtual time, and reports it.
    @inline(__always)
    public func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse
    {
        let attempt = desk.decide(request)
        let (reply, end, pilot) = (attempt.reply, attempt.end, attempt.pilot)
        try await desk.wait(until: end, pilot)
        return try reply.get()
    }
}
