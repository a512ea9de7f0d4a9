extension TraceEvent {
    /// The breaker changes its state.
    public struct Breaker: Sendable, Hashable {
        /// The states of a breaker.
        public enum State: String, TraceVocabulary {
            case closed, open
            case halfOpen = "half_open"
        }

        /// The state before.
        public var from: TraceWord<State>
        /// The state after.
        public var to: TraceWord<State>
        /// The instant of the change by the policy, in nanoseconds; not later than the event.
        public var since: Int64
        /// Number of failures in the window, which the decision is based on.
        public var failures: Int64
        /// Number of results in the window, which the decision is based on.
        public var total: Int64

        /// The fields of a `breaker` event.
        public enum Field {
            /// The state before.
            @inlinable public static var from: RequiredField<TraceWord<State>> {
                .init("from", "the state before")
            }
            /// The state after.
            @inlinable public static var to: RequiredField<TraceWord<State>> {
                .init("to", "the state after")
            }
            /// The instant of the change by the policy, in nanoseconds.
            @inlinable public static var since: RequiredField<Int64> {
                .init(
                    "since",
                    "when it happened by the policy; a breaker has no timer, that it is half open is noticed at the next request"
                )
            }
            /// Number of failures in the window.
            @inlinable public static var failures: RequiredField<Int64> {
                .init("failures", "the failures that it was judged by")
            }
            /// Number of results in the window.
            @inlinable public static var total: RequiredField<Int64> {
                .init("total", "the results that it was judged by")
            }
        }

        /// Adds the line without its end; `from` and `state` must be words of `State`.
        @inlinable @inline(__always)
        public static func write(
            to line: inout LineBuffer, _ identity: Identity, from: some TraceText,
            to state: some TraceText, since: Int64, failures: Int64, total: Int64
        ) {
            line.begin(identity, Kind.breaker.name)
            line.put(Field.from, from)
            line.put(Field.to, state)
            line.put(Field.since, since)
            line.put(Field.failures, failures)
            line.put(Field.total, total)
        }
    }
}

extension TraceEvent.Breaker: TracePayload {
    static var meaning: StaticString { "the breaker changes its state" }
    static var fields: [TraceFieldShape] {
        [
            Field.from.shape, Field.to.shape, Field.since.shape, Field.failures.shape,
            Field.total.shape,
        ]
    }

    static func content(_ reader: inout TraceLineReader) throws(TraceLineError)
        -> TraceEvent.Content
    {
        .breaker(
            Self(
                from: try reader.read(Field.from), to: try reader.read(Field.to),
                since: try reader.read(Field.since), failures: try reader.read(Field.failures),
                total: try reader.read(Field.total)))
    }

    func write(to line: inout LineBuffer, _ identity: TraceEvent.Identity) {
        Self.write(
            to: &line, identity, from: from.text, to: to.text, since: since, failures: failures,
            total: total)
    }
}
