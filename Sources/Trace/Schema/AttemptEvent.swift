extension TraceEvent {
    /// The client sends an attempt, and the upstream decides on its result.
    ///
    /// The client may not receive the decided result: an answer that is due after the time limit never reaches it.
    public struct Attempt: Sendable, Hashable {
        /// The decided end of the exchange.
        public enum Ending: Sendable, Hashable {
            /// An answer with this status.
            case answer(status: Int64)
            /// A failure without a complete answer.
            case broken(TraceWord<Breakage>)
        }

        /// The number of the attempt, from 1.
        public var number: Int64
        /// Whether it is the probe of a half-open breaker.
        public var isProbe: Bool
        /// Its time limit in nanoseconds if the request's deadline shortens it; nil: the configured limit applies.
        public var timeout: Int64?
        /// How a served attempt was recognized; nil: a request's first attempt, or not a served scenario.
        public var knownBy: TraceWord<Recognition>?
        /// Whether a served attempt may also be a new request or belong to another one.
        public var isUnclear: Bool
        /// The decided end.
        public var ending: Ending
        /// The time until it ends, in nanoseconds; nil: it hangs.
        public var delay: Int64?
        /// The text of the answer's `Retry-After` field; nil: it has none.
        public var retryAfter: String?
        /// The last part of `delay`, over which the body is sent slowly, in nanoseconds; nil: it is sent at once.
        public var drip: Int64?
        /// The wait for a server, in nanoseconds; nil: there is none.
        public var queued: Int64?
        /// The service time of a server, in nanoseconds; nil: the scenario sets no capacity.
        public var service: Int64?
        /// The limit that refused it; nil: it was not refused.
        public var refusedBy: TraceWord<Refuser>?
        /// The indexes, from 0, of the scenario's faults that took effect.
        public var faults: [Int]
        /// The indexes of the faults that applied as well, but that another fault overrode.
        public var shadowed: [Int]
    }
}

// MARK: - Fields

extension TraceEvent.Attempt {
    /// The fields of an `attempt` event.
    public enum Field {
        /// The number of the attempt, from 1.
        @inlinable public static var number: RequiredField<Int64> {
            .init("a", "the attempt's number, from 1")
        }
        /// Whether it is the probe of a half-open breaker.
        @inlinable public static var isProbe: OptionalField<Bool> {
            .init("probe", "whether it is the probe of a half-open breaker")
        }
        /// Its time limit in nanoseconds, if the request's deadline shortens it.
        @inlinable public static var timeout: OptionalField<Int64> {
            .init(
                "timeout",
                "its time limit, where the request's deadline cuts it below `request_timeout_ms`")
        }
        /// With `serve`: how it was recognized as an attempt of its request.
        @inlinable public static var knownBy: OptionalField<TraceWord<Recognition>> {
            .init(
                "known_by",
                "with `serve`, by what it was recognised as an attempt of its request; left out for the first"
            )
        }
        /// With `serve`: whether it may also be a new request or belong to another one.
        @inlinable public static var isUnclear: OptionalField<Bool> {
            .init(
                "unclear",
                "with `serve`, whether it may as well be another request, or another request's")
        }
        /// The status of the answer, if there is one.
        @inlinable public static var status: OptionalField<Int64> {
            .init("s", "the status of the answer that will come")
        }
        /// The kind of failure, in place of `status`.
        @inlinable public static var breakage: OptionalField<TraceWord<Breakage>> {
            .init("k", "instead of `s`, how it fails without a complete answer")
        }
        /// The time until it ends, in nanoseconds.
        @inlinable public static var delay: OptionalField<Int64> {
            .init("d", "how long until it ends; not with `hang` and `handshake_hang`")
        }
        /// The text of the answer's `Retry-After` field.
        @inlinable public static var retryAfter: OptionalField<String> {
            .init("retry_after", "the answer's `Retry-After` as it stands")
        }
        /// The last part of `delay`, over which the body is sent slowly, in nanoseconds.
        @inlinable public static var drip: OptionalField<Int64> {
            .init("drip", "the part of `d`, at its end, over which the body trickles in")
        }
        /// The wait for a server, in nanoseconds.
        @inlinable public static var queued: OptionalField<Int64> {
            .init(
                "queued",
                "with `capacity:`, how long it waits for a server; left out where it does not")
        }
        /// The service time of a server, in nanoseconds.
        @inlinable public static var service: OptionalField<Int64> {
            .init("service", "with `capacity:`, how long a server works on it")
        }
        /// The limit that refused it.
        @inlinable public static var refusedBy: OptionalField<TraceWord<Refuser>> {
            .init(
                "by",
                "what turned it away: the quota (429), or the capacity, whose queue is full (503)")
        }
        /// The indexes of the faults that took effect.
        @inlinable public static var faults: OptionalField<[Int]> {
            .init("faults", "the faults that shaped it, by their place in the file, from 0")
        }
        /// The indexes of the faults that another fault overrode.
        @inlinable public static var shadowed: OptionalField<[Int]> {
            .init("shadowed", "faults that struck too, but stand behind another")
        }
    }

    static var meaning: StaticString {
        "the client sends, and the upstream decides what becomes of it"
    }

    static var fields: [TraceFieldShape] {
        [
            Field.number.shape, Field.isProbe.shape, Field.timeout.shape, Field.knownBy.shape,
            Field.isUnclear.shape, Field.status.shape, Field.breakage.shape, Field.delay.shape,
            Field.retryAfter.shape, Field.drip.shape, Field.queued.shape, Field.service.shape,
            Field.refusedBy.shape, Field.faults.shape, Field.shadowed.shape,
        ]
    }
}
