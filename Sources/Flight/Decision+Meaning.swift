import Upstream

extension Decision {
    /// Of a complete answer. Looking at that would retain what it holds.
    @inline(__always) var status: Int? {
        if case .answer(let answer) = ending { answer.status } else { nil }
    }

    /// Whether it ends at all for a client that waits so many nanoseconds.
    @inline(__always) func ends(within timeout: Int64) -> Bool {
        if case .hang = ending { false } else { delay <= timeout }
    }

    /// Why it is worth a retry; nil where it is not. The timeout in nanoseconds.
    func cause(within timeout: Int64) -> PassingCause? {
        guard let status, delay <= timeout else { return .failure }
        return switch status {
        case 429: .rateLimit
        case 408: .requestTimeout
        case 500, 502, 503, 504: .failure
        default: nil
        }
    }
}
