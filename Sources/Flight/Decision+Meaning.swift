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

    /// The cause of its failure that may pass; nil where a retry makes no sense. The timeout in nanoseconds.
    func cause(within timeout: Int64) -> PassingCause? {
        guard let status, delay <= timeout else { return .failure }
        return PassingCause(status: status)
    }
}

extension PassingCause {
    /// The cause that an answer of a status tells of; nil where it is none that may pass.
    @inline(__always) init?(status: Int) {
        switch status {
        case 429: self = .rateLimit
        case 408: self = .requestTimeout
        case 500, 502, 503, 504: self = .failure
        default: return nil
        }
    }
}
