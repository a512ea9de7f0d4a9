/// A rule that holds in every flight of a correct client, whatever the scenario.
public enum Invariant: Int, Sendable, Hashable, CaseIterable {
    case sendsBounded
    case retryAfterRespected
    case backoffInEnvelope
    case backoffVaries
    case noRetryOfFinal
    case timeLimitInBounds
    case nothingAfterDeadline
    case nothingAfterCancel
    case opensByPolicy
    case nothingWhileOpen
    case probeWhenDue
    case oneProbeAtATime
    case closesByProbe
    case limiterBound
    case noStaleAnswer
    case fallbackInBounds
    case answersNotShared
    case oneUpstreamCall
    case noDoubleEffect
    case noSecretShown
    case endsOnce
    case sendsAccounted

    /// The text of the rule in reports.
    public var name: String {
        switch self {
        case .sendsBounded: "sends within the policy's bound"
        case .retryAfterRespected: "no wait shorter than Retry-After"
        case .backoffInEnvelope: "every backoff inside its envelope"
        case .backoffVaries: "backoffs spread over their envelopes"
        case .noRetryOfFinal: "no retry of a final answer"
        case .timeLimitInBounds: "every attempt's time limit within the policy's"
        case .nothingAfterDeadline: "nothing sent after the deadline"
        case .nothingAfterCancel: "nothing sent after a cancel"
        case .opensByPolicy: "breaker opens exactly when its policy says so"
        case .nothingWhileOpen: "nothing sent while the breaker is open"
        case .probeWhenDue: "a probe exactly when the open time is over"
        case .oneProbeAtATime: "one probe at a time"
        case .closesByProbe: "only a probe's success closes the breaker"
        case .limiterBound: "limiter's bound in every 60 s"
        case .noStaleAnswer: "no stale answer but the marked fallback"
        case .fallbackInBounds: "marked fallback within its time"
        case .answersNotShared: "no answer shared between callers"
        case .oneUpstreamCall: "one upstream call per single flight"
        case .noDoubleEffect: "no non-idempotent request sent twice with effect"
        case .noSecretShown: "no secret in any output"
        case .endsOnce: "every request ends exactly once"
        case .sendsAccounted: "sends counted are sends seen"
        }
    }
}

/// The result of an invariant in a flight, the product's or one of your own consumer's.
public struct InvariantResult: Sendable, Hashable {
    /// The text of the rule in reports.
    public var name: String
    /// The product's invariant; nil: a rule of a consumer of yours.
    public var invariant: Invariant?
    /// Number of checks; 0: never exercised.
    public var checked: UInt64
    /// Number of violations. Any violation fails the scenario.
    public var violations: UInt64
    /// Number of cases in which it cannot be told from outside whether it held. Above 0 only if the scenario is
    /// served to a client in another process.
    public var unclear: UInt64
    /// The first few violations.
    public var examples: [Example]

    /// A violation by a request.
    public struct Example: Sendable, Hashable {
        /// The number of the request.
        public var request: UInt64
        /// The instant of the violation, in nanoseconds of virtual time.
        public var instant: Int64
        /// A sentence about the violation, with numbers.
        public var text: String

        /// Makes an example of a violation at an instant in nanoseconds.
        public init(request: UInt64, instant: Int64, text: String) {
            (self.request, self.instant, self.text) = (request, instant, text)
        }
    }

    /// Makes the result of a rule of your own.
    public init(
        name: String, checked: UInt64, violations: UInt64 = 0, unclear: UInt64 = 0,
        examples: [Example] = []
    ) {
        self.name = name
        self.checked = checked
        self.violations = violations
        self.unclear = unclear
        self.examples = examples
    }

    package init(
        _ invariant: Invariant, checked: UInt64 = 0, violations: UInt64 = 0, unclear: UInt64 = 0,
        examples: [Example] = []
    ) {
        self.init(
            name: invariant.name, checked: checked, violations: violations, unclear: unclear,
            examples: examples)
        self.invariant = invariant
    }
}
