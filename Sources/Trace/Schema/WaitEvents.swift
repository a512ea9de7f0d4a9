extension TraceEvent {
    /// The request begins to wait.
    public struct Wait: Sendable, Hashable {
        /// What a request waits for.
        public enum Reason: String, TraceVocabulary {
            case backoff
            case retryAfter = "retry_after"
            /// The client's own rate limit.
            case limiter
            /// Another request fetches the same.
            case leader
        }

        /// What it waits for.
        public var reason: TraceWord<Reason>
        /// The instant at which it goes on, in nanoseconds; the latest where it may be woken before.
        public var until: Int64
        /// The earliest instant that the policy allows for `until`, in nanoseconds.
        public var lower: Int64
        /// The latest instant that the policy allows for `until`, in nanoseconds.
        public var upper: Int64

        /// The fields of a wait.
        public enum Field {
            /// What it waits for.
            @inlinable public static var reason: RequiredField<TraceWord<Reason>> {
                .init(
                    "why",
                    "what for; `limiter` is the client's own rate limit, `leader` another request that fetches the same"
                )
            }
            /// When it goes on.
            @inlinable public static var until: RequiredField<Int64> {
                .init(
                    "until",
                    "the instant at which it goes on; for `leader` and `limiter` the latest, it may be woken before"
                )
            }
            /// The earliest that is allowed.
            @inlinable public static var lower: RequiredField<Int64> {
                .init("lower", "the earliest instant that the policy allows for `until`")
            }
            /// The latest that is allowed.
            @inlinable public static var upper: RequiredField<Int64> {
                .init("upper", "the latest instant that the policy allows for `until`")
            }
        }

        /// Adds the line, except for its end; `reason` is a word of `Reason`.
        @inlinable @inline(__always)
        public static func write(
            to line: inout LineBuffer, _ identity: Identity, reason: some TraceText, until: Int64,
            lower: Int64, upper: Int64
        ) {
            line.begin(identity, Kind.wait.name)
            line.put(Field.reason, reason)
            line.put(Field.until, until)
            line.put(Field.lower, lower)
            line.put(Field.upper, upper)
        }
    }

    /// The client itself refuses the next send.
    public struct Refused: Sendable, Hashable {
        /// What refuses a send.
        public enum Refuser: String, TraceVocabulary {
            case breaker, limiter
        }

        /// What refuses it.
        public var refuser: TraceWord<Refuser>
        /// The earliest instant at which a send may be let through, in nanoseconds.
        public var until: Int64

        /// The fields of a refusal.
        public enum Field {
            /// What refuses it.
            @inlinable public static var refuser: RequiredField<TraceWord<Refuser>> {
                .init("by", "what refuses it")
            }
            /// Until when.
            @inlinable public static var until: RequiredField<Int64> {
                .init(
                    "until",
                    "the earliest instant at which a probe may be let through, or at which the limit would allow the send"
                )
            }
        }

        /// Adds the line, except for its end; `refuser` is a word of `Refuser`.
        @inlinable @inline(__always)
        public static func write(
            to line: inout LineBuffer, _ identity: Identity, refuser: some TraceText, until: Int64
        ) {
            line.begin(identity, Kind.refused.name)
            line.put(Field.refuser, refuser)
            line.put(Field.until, until)
        }
    }
}

extension TraceEvent.Wait: TracePayload {
    static var meaning: StaticString { "the request begins to wait" }
    static var fields: [TraceFieldShape] {
        [Field.reason.shape, Field.until.shape, Field.lower.shape, Field.upper.shape]
    }

    static func content(_ reader: inout TraceLineReader) throws(TraceLineError)
        -> TraceEvent.Content
    {
        .wait(
            Self(
                reason: try reader.read(Field.reason), until: try reader.read(Field.until),
                lower: try reader.read(Field.lower), upper: try reader.read(Field.upper)))
    }

    func write(to line: inout LineBuffer, _ identity: TraceEvent.Identity) {
        Self.write(
            to: &line, identity, reason: reason.text, until: until, lower: lower, upper: upper)
    }
}

extension TraceEvent.Refused: TracePayload {
    static var meaning: StaticString { "the client itself refuses the next send" }
    static var fields: [TraceFieldShape] { [Field.refuser.shape, Field.until.shape] }

    static func content(_ reader: inout TraceLineReader) throws(TraceLineError)
        -> TraceEvent.Content
    {
        .refused(
            Self(refuser: try reader.read(Field.refuser), until: try reader.read(Field.until)))
    }

    func write(to line: inout LineBuffer, _ identity: TraceEvent.Identity) {
        Self.write(to: &line, identity, refuser: refuser.text, until: until)
    }
}
