extension TraceEvent {
    /// The client makes no further attempt, although the failure is retryable.
    public struct GiveUp: Sendable, Hashable {
        /// The reasons against a further attempt.
        public enum Reason: String, TraceVocabulary {
            case retriesExhausted = "retries_exhausted"
            case rateLimitRetriesExhausted = "rate_limit_retries_exhausted"
            case notRetryable = "not_retryable"
            case deadline
        }

        /// The reason against a further attempt.
        public var reason: TraceWord<Reason>

        /// The field of a `give_up` event.
        public enum Field {
            /// The reason against a further attempt.
            @inlinable public static var reason: RequiredField<TraceWord<Reason>> {
                .init("why", "why there is no further attempt")
            }
        }

        /// Adds the line without its end; `reason` must be a word of `Reason`.
        @inlinable @inline(__always)
        public static func write(
            to line: inout LineBuffer, _ identity: Identity, reason: some TraceText
        ) {
            line.begin(identity, Kind.giveUp.name)
            line.put(Field.reason, reason)
        }
    }

    /// The request ends.
    public struct End: Sendable, Hashable {
        /// The kinds of endings.
        public enum Outcome: String, TraceVocabulary {
            /// A valid 2xx from the upstream.
            case ok
            /// A valid 2xx from the cache, or shared with another request.
            case cached
            /// An expired answer from the cache, marked as stale.
            case stale
            /// An answer with another status that the client does not turn into an error, such as 404.
            case answered
            case validationError = "VALIDATION_ERROR"
            case timeout = "API_TIMEOUT"
            case serverError = "SERVER_ERROR"
            case rateLimitExceeded = "RATE_LIMIT_EXCEEDED"
            case circuitBreakerOpen = "CIRCUIT_BREAKER_OPEN"
            case authenticationError = "AUTHENTICATION_ERROR"
            case cancelled = "CANCELLED"

            /// The name as a literal, for writing.
            @inlinable public var name: StaticString {
                @inline(__always) get {
                    switch self {
                    case .ok: "ok"
                    case .cached: "cached"
                    case .stale: "stale"
                    case .answered: "answered"
                    case .validationError: "VALIDATION_ERROR"
                    case .timeout: "API_TIMEOUT"
                    case .serverError: "SERVER_ERROR"
                    case .rateLimitExceeded: "RATE_LIMIT_EXCEEDED"
                    case .circuitBreakerOpen: "CIRCUIT_BREAKER_OPEN"
                    case .authenticationError: "AUTHENTICATION_ERROR"
                    case .cancelled: "CANCELLED"
                    }
                }
            }
        }

        /// The origins of an error other than an answer of the upstream.
        public enum Decider: String, TraceVocabulary {
            case client

            /// The name of `client` as a literal, for writing.
            @inlinable public static var clientName: StaticString { "client" }
        }

        /// The kind of ending.
        public var outcome: TraceWord<Outcome>
        /// The status of the answer; nil: it is 200, or there is no answer.
        public var status: Int64?
        /// The origin of an error; nil: it comes from an answer of the upstream, or there is no error.
        public var decider: TraceWord<Decider>?

        /// The fields of an `end` event.
        public enum Field {
            /// The kind of ending.
            @inlinable public static var outcome: RequiredField<TraceWord<Outcome>> {
                .init("o", "how it ends")
            }
            /// The status of the answer, if there is one and it is not 200.
            @inlinable public static var status: OptionalField<Int64> {
                .init("s", "the status, where there is an answer and it is not 200")
            }
            /// The origin of an error that is the client's own decision.
            @inlinable public static var decider: OptionalField<TraceWord<Decider>> {
                .init(
                    "by",
                    "where an error was the client's own decision and not an answer of the upstream"
                )
            }
        }

        /// Adds the line, without its end, of a request that ends with an answer; `outcome` must be a word of
        /// `Outcome`.
        @inlinable @inline(__always)
        public static func write(
            to line: inout LineBuffer, _ identity: Identity, outcome: some TraceText, status: Int64
        ) {
            line.begin(identity, Kind.end.name)
            line.put(Field.outcome, outcome)
            if status != 200 { line.put(Field.status, status) }
        }

        /// Adds the line, without its end, of a request that ends with an error; `error` must be a word of `Outcome`.
        @inlinable @inline(__always)
        public static func write(
            to line: inout LineBuffer, _ identity: Identity, error: some TraceText,
            isClients: Bool
        ) {
            line.begin(identity, Kind.end.name)
            line.put(Field.outcome, error)
            if isClients { line.put(Field.decider, Decider.clientName) }
        }
    }
}

extension TraceEvent.GiveUp: TracePayload {
    static var meaning: StaticString {
        "the attempt before was the last one, though its failure is worth another"
    }
    static var fields: [TraceFieldShape] { [Field.reason.shape] }

    static func content(_ reader: inout TraceLineReader) throws(TraceLineError)
        -> TraceEvent.Content
    { .giveUp(Self(reason: try reader.read(Field.reason))) }

    func write(to line: inout LineBuffer, _ identity: TraceEvent.Identity) {
        Self.write(to: &line, identity, reason: reason.text)
    }
}

extension TraceEvent.End: TracePayload {
    static var meaning: StaticString { "the request is over" }
    static var fields: [TraceFieldShape] {
        [Field.outcome.shape, Field.status.shape, Field.decider.shape]
    }

    static func content(_ reader: inout TraceLineReader) throws(TraceLineError)
        -> TraceEvent.Content
    {
        .end(
            Self(
                outcome: try reader.read(Field.outcome), status: try reader.read(Field.status),
                decider: try reader.read(Field.decider)))
    }

    func write(to line: inout LineBuffer, _ identity: TraceEvent.Identity) {
        if let decider {
            line.begin(identity, TraceEvent.Kind.end.name)
            line.put(Field.outcome, outcome.text)
            if let status { line.put(Field.status, status) }
            line.put(Field.decider, decider.text)
        } else {
            Self.write(to: &line, identity, outcome: outcome.text, status: status ?? 200)
        }
    }
}
