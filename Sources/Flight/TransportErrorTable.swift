import APIClient
import Upstream

extension TransportError {
    /// The one table from what the upstream decided to what a transport reports. Simulated and real
    /// transports share it, so both call a fault by the same name.
    /// - Parameter ending: none that is an answer; `hang` stands for the timeout that ends it.
    init(ending: Decision.Ending) {
        switch ending {
        case .broken(let breakage, _): self.init(Self.code(breakage))
        // Before the request was sent there is no connection to speak of.
        case .hang(let beforeRequest): self.init(beforeRequest ? .connectTimedOut : .timedOut)
        case .answer: preconditionFailure("a complete answer is no transport error")
        }
    }

    private static func code(_ breakage: Breakage) -> Code {
        switch breakage {
        case .refused: .connectionRefused
        case .reset, .resetMidBody: .connectionReset
        case .truncated, .headersCut: .truncated
        case .empty: .empty
        case .garbage, .badChunk, .duplicateLength, .badGzip: .malformed
        case .hugeHeaders: .tooLarge
        case .expired: .certificateExpired
        case .wrongHost: .certificateWrongHost
        case .untrusted: .certificateUntrusted
        }
    }
}
