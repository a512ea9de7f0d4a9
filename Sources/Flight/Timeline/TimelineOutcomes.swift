import APIClient

/// How a request ended, as the timeline counts it.
enum TimelineEnding: Int, CaseIterable, Sendable {
    /// A success that the upstream gave: a status from 200 to 299, and a body that is what it claims to be.
    case fresh
    /// A success from the cache, or one that was shared with another request.
    case cached
    /// An answer from the cache that was too old, given instead of an error.
    case stale
    /// Any other answer: another status that the client makes no error of, or a wrong body that it took.
    case answered
    // An error, by its code.
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

    /// Whether its latency counts.
    @inline(__always) var isSuccess: Bool { rawValue <= Self.cached.rawValue }

    /// Such as `fresh` or `API_TIMEOUT`.
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

/// What else a request does, as the timeline counts it.
enum TimelineCounter: Int, CaseIterable, Sendable {
    /// An attempt that is not the first of its request.
    case retry
    // A wait, by its reason.
    case backoffWait, retryAfterWait, limiterWait, leaderWait
    /// The breaker refused to send.
    case breakerRefusal
    /// The client's own limiter refused to send.
    case limiterRefusal
    /// A fresh entry of the cache answered.
    case hit
    /// The answer of another request was shared. Counts as a hit, too.
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

/// The counts that a bin has of requests: endings, counters, attempts without an answer, and attempts by status.
enum TimelineColumns {
    /// The number of counts in a bin.
    static let count = 64
    /// The names of transport errors, in the order of their columns.
    static let failures: [TransportError.Code] = [
        .timedOut, .connectionReset, .connectionRefused, .cancelled, .connectTimedOut,
        .connectionFailed, .truncated, .malformed, .empty, .tooLarge, .certificateExpired,
        .certificateWrongHost, .certificateUntrusted,
    ]
    // Written out: a constant that has to be worked out is looked up once more with every use.
    static let firstCounter = 11
    static let firstFailure = 20
    static let firstStatus = 33
    /// Attempts whose status has no column of its own: more than 30 are seen in one flight.
    static let other = 63

    @inline(__always) static func column(_ counter: TimelineCounter) -> Int {
        firstCounter &+ counter.rawValue
    }

    /// The column of a transport error. A function of its own: most attempts end with an answer.
    @inline(never) static func column(_ code: TransportError.Code) -> Int {
        failures.firstIndex(of: code).map { firstFailure + $0 } ?? other
    }
}
