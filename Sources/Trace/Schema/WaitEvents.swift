extension TraceEvent {
    /// The request begins to wait.
    public struct Wait: Sendable, Hashable {
        /// The reasons for a wait.
        public enum Reason: String, TraceVocabulary {
            case backoff
            case retryAfter = "retry_after"
            /// The client's own rate limiter.
            case limiter
            /// Another request that is fetching the same answer (single flight).
            case leader
        }

        /// The reason for the wait.
        public var reason: TraceWord<Reason>
        /// The instant at which the wait ends, in nanoseconds; for `leader` and `limiter` the latest, since it
        /// may end earlier.
        public var until: Int64
        /// The earliest instant that the policy allows for `until`, in nanoseconds.
        public var lower: Int64
        /// The latest instant that the policy allows for `until`, in nanoseconds.
        public var upper: Int64

        /// The fields of a `wait` event.
        public enum Field {
            /// The reason for the wait.
            @inlinable public static var reason: RequiredField<TraceWord<Reason>> {
                .init(
                    "why",
                    "what for; `limiter` is the client's own rate limit, `leader` another request that fetches the same"
                )
            }
            /// The instant at which the wait ends, in nanoseconds.
            @inlinable public static var until: RequiredField<Int64> {
                .init(
                    "until",
                    "the instant at which it goes on; for `leader` and `limiter` the latest, it may be woken before"
                )
            }
            /// The earliest instant that the policy allows, in nanoseconds.
            @inlinable public static var lower: RequiredField<Int64> {
                .init("lower", "the earliest instant that the policy allows for `until`")
            }
            /// The latest instant that the policy allows, in nanoseconds.
            @inlinable public static var upper: RequiredField<Int64> {
                .init("upper", "the latest instant that the policy allows for `until`")
            }
        }

        /// Adds the line without its end; `reason` must be a word of `Reason`.
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
        /// The parts of a client that refuse sends.
        public enum Refuser: String, TraceVocabulary {
            case breaker, limiter
        }

        /// The part of the client that refuses the send.
        public var refuser: TraceWord<Refuser>
        /// The earliest instant at which a send may be admitted, in nanoseconds.
        public var until: Int64

        /// The fields of a `refused` event.
        public enum Field {
            /// The part of the client that refuses the send.
            @inlinable public static var refuser: RequiredField<TraceWord<Refuser>> {
                .init("by", "what refuses it")
            }
            /// The earliest instant at which a send may be admitted, in nanoseconds.
            @inlinable public static var until: RequiredField<Int64> {
                .init(
                    "until",
                    "the earliest instant at which a probe may be let through, or at which the limit would allow the send"
                )
            }
        }

        /// Adds the line without its end; `refuser` must be a word of `Refuser`.
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
