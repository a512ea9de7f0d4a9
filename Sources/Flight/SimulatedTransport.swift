public import APIClient
import Simulation

/// Carries out the upstream model's decisions in memory, on virtual time.
public final class SimulatedTransport: Transport {
    private let decider: AttemptDecider

    init(_ decider: AttemptDecider) { self.decider = decider }

    // Within the witness that the client calls, for one frame less an attempt.
    /// Lets the upstream decide, waits out the decision on virtual time, and reports it.
    @inline(__always)
    public func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse
    {
        let attempt = decider.decide(request)
        try await decider.wait(for: attempt)
        // Before the record is anybody else's.
        let reply = attempt.reply
        decider.settle(attempt)
        return try reply.get()
    }
}
