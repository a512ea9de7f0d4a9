extension TraceEvent {
    /// The client sends, and the upstream decides what becomes of it.
    ///
    /// What was decided need not reach the client: an answer later than the time limit is never seen.
    public struct Attempt: Sendable, Hashable {
        /// How the exchange is decided to end.
        public enum Ending: Sendable, Hashable {
            /// With an answer of this status.
            case answer(status: Int64)
            /// Without a complete answer.
            case broken(TraceWord<Breakage>)
        }

        /// The attempt's number, from 1.
        public var number: Int64
        /// Whether it is the probe of a half-open breaker.
        public var isProbe: Bool
        /// Its time limit in nanoseconds where the request's deadline cuts it; nil: as configured.
        public var timeout: Int64?
        /// By what a served attempt was recognised; nil for a request's first, and in flights.
        public var knownBy: TraceWord<Recognition>?
        /// Whether a served attempt may as well be another request, or another request's.
        public var isUnclear: Bool
        /// How it ends.
        public var ending: Ending
        /// Nanoseconds until it ends; nil where it never does.
        public var delay: Int64?
        /// The answer's `Retry-After` as it stands; nil: it has none.
        public var retryAfter: String?
        /// The nanoseconds at the end of `delay` over which the body trickles in; nil: it does not.
        public var drip: Int64?
        /// Nanoseconds of waiting for a server; nil: it does not wait.
        public var queued: Int64?
        /// Nanoseconds that a server works on it; nil: the upstream has no capacity.
        public var service: Int64?
        /// What turned it away; nil: nothing did.
        public var refusedBy: TraceWord<Refuser>?
        /// The faults that shaped it, by their place in the scenario, from 0.
        public var faults: [Int]
        /// Faults that struck too, but stand behind another.
        public var shadowed: [Int]
    }
}

// MARK: - Fields

extension TraceEvent.Attempt {
    /// The fields of an attempt.
    public enum Field {
        /// The attempt's number.
        @inlinable public static var number: RequiredField<Int64> {
            .init("a", "the attempt's number, from 1")
        }
        /// Whether it is a probe.
        @inlinable public static var isProbe: OptionalField<Bool> {
            .init("probe", "whether it is the probe of a half-open breaker")
        }
        /// Its time limit.
        @inlinable public static var timeout: OptionalField<Int64> {
            .init(
                "timeout",
                "its time limit, where the request's deadline cuts it below `request_timeout_ms`")
        }
        /// By what it was recognised.
        @inlinable public static var knownBy: OptionalField<TraceWord<Recognition>> {
            .init(
                "known_by",
                "with `serve`, by what it was recognised as an attempt of its request; left out for the first"
            )
        }
        /// Whether it may be something else.
        @inlinable public static var isUnclear: OptionalField<Bool> {
            .init(
                "unclear",
                "with `serve`, whether it may as well be another request, or another request's")
        }
        /// The status of the answer.
        @inlinable public static var status: OptionalField<Int64> {
            .init("s", "the status of the answer that will come")
        }
        /// What goes wrong.
        @inlinable public static var breakage: OptionalField<TraceWord<Breakage>> {
            .init("k", "instead of `s`, how it fails without a complete answer")
        }
        /// How long it takes.
        @inlinable public static var delay: OptionalField<Int64> {
            .init("d", "how long until it ends; not with `hang` and `handshake_hang`")
        }
        /// The answer's `Retry-After`.
        @inlinable public static var retryAfter: OptionalField<String> {
            .init("retry_after", "the answer's `Retry-After` as it stands")
        }
        /// How long the body trickles.
        @inlinable public static var drip: OptionalField<Int64> {
            .init("drip", "the part of `d`, at its end, over which the body trickles in")
        }
        /// How long it waits for a server.
        @inlinable public static var queued: OptionalField<Int64> {
            .init(
                "queued",
                "with `capacity:`, how long it waits for a server; left out where it does not")
        }
        /// How long a server works on it.
        @inlinable public static var service: OptionalField<Int64> {
            .init("service", "with `capacity:`, how long a server works on it")
        }
        /// What turned it away.
        @inlinable public static var refusedBy: OptionalField<TraceWord<Refuser>> {
            .init(
                "by",
                "what turned it away: the quota (429), or the capacity, whose queue is full (503)")
        }
        /// The faults that shaped it.
        @inlinable public static var faults: OptionalField<[Int]> {
            .init("faults", "the faults that shaped it, by their place in the file, from 0")
        }
        /// The faults behind them.
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
