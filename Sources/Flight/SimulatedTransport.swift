public import APIClient
import Simulation

/// Delivers the upstream model's decisions in memory, on virtual time.
public final class SimulatedTransport: Transport {
    private let decider: AttemptDecider

    init(_ decider: AttemptDecider) { self.decider = decider }

    // Inlined into the protocol witness, which saves one async frame per attempt.
    /// Lets the upstream decide, waits out the decision on virtual time, and reports it.
    @inline(__always)
    public func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse
    {
        let attempt = decider.decide(request)
        try await decider.wait(for: attempt)
        // Read before `settle`, which may release the record for reuse.
        let reply = attempt.reply
        decider.settle(attempt)
        return try reply.get()
    }
}
