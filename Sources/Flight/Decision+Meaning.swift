import Upstream

extension Decision {
    /// The status of a complete answer; nil: another ending. Does not retain the answer.
    @inline(__always) var status: Int? {
        if case .answer(let answer) = ending { answer.status } else { nil }
    }

    /// Whether the attempt ends within `timeout` nanoseconds.
    @inline(__always) func ends(within timeout: Int64) -> Bool {
        if case .hang = ending { false } else { delay <= timeout }
    }

    /// The temporary cause that makes the attempt worth a retry; nil: not retryable. `timeout` is in nanoseconds.
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
