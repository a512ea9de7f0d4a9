import HTTPTypes

/// What a kind of fault does to an exchange. Each kind says it in its own file.
protocol FaultEffect: Sendable {
    /// Whether it decides the ending; of several that strike the first wins.
    static var isTerminal: Bool { get }

    /// The ending that a terminal fault gives the exchange, in place of the usual answer.
    func ending(instead usual: Answer, _ moment: FaultMoment) -> Decision.Ending

    /// How long after the ending the client is asked to stay away, if it ends with a status for which
    /// that counts; nil: as the answer's own field says.
    func retryAfter(_ moment: FaultMoment) -> Int64?

    /// Whether the exchange fails in the eyes of a breaker however fast it is.
    var isBreakerFailure: Bool { get }

    /// Whether it strikes before a request is read, at once.
    var isBeforeRequest: Bool { get }
}

extension FaultEffect {
    static var isTerminal: Bool { true }
    var isBreakerFailure: Bool { true }
    var isBeforeRequest: Bool { false }
    func retryAfter(_ moment: FaultMoment) -> Int64? { nil }
}

/// When and where a fault strikes.
struct FaultMoment {
    /// When the ending reaches the client, in nanoseconds since 1970-01-01T00:00:00Z.
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
    /// Whether it strikes before a request is known, so that it cannot depend on one.
    public var isBeforeRequest: Bool { effect.isBeforeRequest }

    /// Whether it happens while a TLS connection is made, so that there is none without TLS.
    public var needsTLS: Bool {
        switch self {
        case .expired, .wrongHost, .untrusted, .handshakeHang: true
        default: false
        }
    }

    /// The kind, as a scenario file calls it.
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
