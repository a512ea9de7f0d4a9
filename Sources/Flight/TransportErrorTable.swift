import APIClient
import Upstream

extension TransportError {
    /// The one table from what the upstream decided to what a transport reports. Simulated and real
    /// transports share it, so both call a fault by the same name.
    /// - Parameter ending: none that is an answer; `hang` stands for the timeout that ends it.
    init(ending: Decision.Ending) {
        switch ending {
        case .refused: self.init(.connectionRefused)
        case .reset: self.init(.connectionReset)
        case .hang: self.init(.timedOut)
        case .answer: preconditionFailure("a complete answer is no transport error")
        }
    }
}
