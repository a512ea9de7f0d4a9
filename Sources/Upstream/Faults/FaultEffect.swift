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
        case .malformedJSON(let fault): fault
        }
    }
}
