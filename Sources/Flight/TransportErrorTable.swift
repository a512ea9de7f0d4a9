import APIClient
import Upstream

extension TransportError {
    /// Translates the upstream's decision into the error that a transport reports. Simulated and real
    /// transports share this table, so both report a fault under the same code.
    /// - Parameter ending: must not be an answer; `hang` becomes the timeout that ends it.
    init(ending: Decision.Ending) {
        switch ending {
        case .broken(let breakage, _): self.init(Self.code(breakage))
        // A hang before the request was sent means that no connection was established.
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
