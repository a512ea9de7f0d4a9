import HTTPTypes

/// What a kind of fault does to an exchange.
protocol FaultEffect: Sendable {
    /// Whether the fault determines the ending. Of several terminal faults that strike, the first
    /// takes effect. Defaults to true.
    static var isTerminal: Bool { get }

    /// The ending of an exchange that a terminal fault strikes, in place of the usual answer.
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending

    /// The wait that the ending asks the client for, in nanoseconds. nil (the default): as the
    /// answer's `Retry-After` field says.
    func retryAfter(_ moment: FaultMoment) -> Int64?

    /// Whether the exchange counts as a failure for the breaker, however fast it is. Defaults to
    /// true.
    var isBreakerFailure: Bool { get }

    /// Whether the fault strikes at once, before a request is read. Defaults to false.
    var isBeforeRequest: Bool { get }
}

extension FaultEffect {
    static var isTerminal: Bool { true }
    var isBreakerFailure: Bool { true }
    var isBeforeRequest: Bool { false }
    func retryAfter(_ moment: FaultMoment) -> Int64? { nil }
}

/// The moment at which a fault strikes.
struct FaultMoment {
    /// The instant at which the ending reaches the client, in nanoseconds since
    /// 1970-01-01T00:00:00Z.
    let wallClock: Int64
}

extension Fault.Effect {
    var effect: any FaultEffect {
        switch self {
        case .status(let fault): fault
        case .latency(let fault): fault
        case .hang(let fault): fault
        case .refuse(let fault): fault
        case .reset(let fault): fault
        case .resetMidBody(let fault): fault
        case .truncate(let fault): fault
        case .empty(let fault): fault
        case .garbage(let fault): fault
        case .badChunk(let fault): fault
        case .drip(let fault): fault
        case .malformedJSON(let fault): fault
        case .wrongSchema(let fault): fault
        case .headersCut(let fault): fault
        case .duplicateLength(let fault): fault
        case .hugeHeaders(let fault): fault
        case .badGzip(let fault): fault
        case .expired(let fault): fault
        case .wrongHost(let fault): fault
        case .untrusted(let fault): fault
        case .handshakeHang(let fault): fault
        }
    }
}

extension Fault.Effect {
    /// Whether the fault strikes before a request is known, so that it cannot depend on one.
    public var isBeforeRequest: Bool { effect.isBeforeRequest }

    /// Whether the fault happens in the TLS handshake, so that it needs an upstream with TLS.
    public var needsTLS: Bool {
        switch self {
        case .expired, .wrongHost, .untrusted, .handshakeHang: true
        default: false
        }
    }

    /// The name of the kind in a scenario file.
    public var kind: String {
        switch self {
        case .status: "status"
        case .latency: "latency"
        case .hang: "hang"
        case .refuse: "refuse"
        case .reset: "reset"
        case .resetMidBody: "reset_mid_body"
        case .truncate: "truncate"
        case .empty: "empty"
        case .garbage: "garbage"
        case .badChunk: "bad_chunk"
        case .drip: "drip"
        case .malformedJSON: "malformed_json"
        case .wrongSchema: "wrong_schema"
        case .headersCut: "headers_cut"
        case .duplicateLength: "duplicate_length"
        case .hugeHeaders: "huge_headers"
        case .badGzip: "bad_gzip"
        case .expired: "expired"
        case .wrongHost: "wrong_host"
        case .untrusted: "untrusted"
        case .handshakeHang: "handshake_hang"
        }
    }
}
