import APIClient

/// The kinds of request endings in a timeline.
enum TimelineEnding: Int, CaseIterable, Sendable {
    /// A success from the upstream: status 200 to 299 with a valid body.
    case fresh
    /// A success from the cache, or shared with another request.
    case cached
    /// An expired answer from the cache, returned instead of an error.
    case stale
    /// Any other answer: another status that the client does not turn into an error, or an invalid body that it
    /// accepted.
    case answered
    // The errors, by code.
    case timeout, rateLimitExceeded, circuitBreakerOpen, validationError, authenticationError
    case serverError, cancelled

    init(_ ending: RequestEnding) {
        switch ending {
        case .answer(_, _, .stale): self = .stale
        case .answer(_, _, let source):
            self = ending.isSuccess ? (source == .upstream ? .fresh : .cached) : .answered
        case .error(let code, _): self.init(code)
        }
    }

    private init(_ code: APIError.Code) {
        self =
            switch code {
            case .timeout: .timeout
            case .rateLimitExceeded: .rateLimitExceeded
            case .circuitBreakerOpen: .circuitBreakerOpen
            case .validationError: .validationError
            case .authenticationError: .authenticationError
            case .cancelled: .cancelled
            default: .serverError
            }
    }

    /// Whether it is a success whose latency is recorded.
    @inline(__always) var isSuccess: Bool { rawValue <= Self.cached.rawValue }

    /// The name in reports, such as `fresh` or `API_TIMEOUT`.
    var name: String {
        switch self {
        case .fresh: "fresh"
        case .cached: "cached"
        case .stale: "stale"
        case .answered: "answered"
        case .timeout: "\(APIError.Code.timeout)"
        case .rateLimitExceeded: "\(APIError.Code.rateLimitExceeded)"
        case .circuitBreakerOpen: "\(APIError.Code.circuitBreakerOpen)"
        case .validationError: "\(APIError.Code.validationError)"
        case .authenticationError: "\(APIError.Code.authenticationError)"
        case .serverError: "\(APIError.Code.serverError)"
        case .cancelled: "\(APIError.Code.cancelled)"
        }
    }
}

/// The actions of a request that a timeline counts.
enum TimelineCounter: Int, CaseIterable, Sendable {
    /// An attempt that is not the first of its request.
    case retry
    // The waits, by reason.
    case backoffWait, retryAfterWait, limiterWait, leaderWait
    /// A send that the breaker refused.
    case breakerRefusal
    /// A send that the client's own limiter refused.
    case limiterRefusal
    /// An answer from a fresh cache entry.
    case hit
    /// An answer shared with another request. Counts as a hit as well.
    case follower

    init(_ reason: ClientWait.Reason) {
        self =
            switch reason {
            case .backoff: .backoffWait
            case .retryAfter: .retryAfterWait
            case .limiter: .limiterWait
            case .leader: .leaderWait
            }
    }
}

/// The count columns of a bin: endings, counters, failed attempts, and attempts by status.
enum TimelineColumns {
    /// The number of columns.
    static let count = 64
    /// The transport errors, in the order of their columns.
    static let failures: [TransportError.Code] = [
        .timedOut, .connectionReset, .connectionRefused, .cancelled, .connectTimedOut,
        .connectionFailed, .truncated, .malformed, .empty, .tooLarge, .certificateExpired,
        .certificateWrongHost, .certificateUntrusted,
    ]
    // Literals, because a computed constant would be looked up at each use.
    static let firstCounter = 11
    static let firstFailure = 20
    static let firstStatus = 33
    /// The column for attempts whose status has no column of its own: the flight has more than 30 different ones.
    static let other = 63

    @inline(__always) static func column(_ counter: TimelineCounter) -> Int {
        firstCounter &+ counter.rawValue
    }

    /// The column of a transport error. Not inlined, since most attempts end with an answer.
    @inline(never) static func column(_ code: TransportError.Code) -> Int {
        failures.firstIndex(of: code).map { firstFailure + $0 } ?? other
    }
}
