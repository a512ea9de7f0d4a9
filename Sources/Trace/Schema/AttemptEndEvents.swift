extension TraceEvent {
    /// The client receives the answer of an attempt.
    public struct Answer: Sendable, Hashable {
        /// The number of the attempt, from 1.
        public var attempt: Int64
        /// The status of the answer.
        public var status: Int64

        /// The fields of an `answer` event.
        public enum Field {
            /// The number of the attempt, from 1.
            @inlinable public static var attempt: RequiredField<Int64> {
                .init("a", "the attempt's number, from 1")
            }
            /// The status of the answer.
            @inlinable public static var status: RequiredField<Int64> {
                .init("s", "the answer's status")
            }
        }

        /// Adds the line without its end.
        @inlinable @inline(__always)
        public static func write(
            to line: inout LineBuffer, _ identity: Identity, attempt: Int64, status: Int64
        ) {
            line.begin(identity, Kind.answer.name)
            line.put(Field.attempt, attempt)
            line.put(Field.status, status)
        }
    }

    /// An attempt ends without an answer.
    public struct Failure: Sendable, Hashable {
        /// The reason why an attempt got no complete answer.
        public enum Code: String, TraceVocabulary {
            case connectionRefused = "connection_refused"
            case connectTimedOut = "connect_timed_out"
            case connectionFailed = "connection_failed"
            case timedOut = "timed_out"
            case connectionReset = "connection_reset"
            case truncated
            case malformed
            case empty
            case tooLarge = "too_large"
            case certificateExpired = "certificate_expired"
            case certificateWrongHost = "certificate_wrong_host"
            case certificateUntrusted = "certificate_untrusted"
            case cancelled
            /// With `serve` only: the client disconnected before the end.
            case clientGone = "client_gone"

            /// The name of `clientGone` as a literal, for writing.
            @inlinable public static var clientGoneName: StaticString { "client_gone" }
        }

        /// The number of the attempt, from 1.
        public var attempt: Int64
        /// The reason for the failure.
        public var code: TraceWord<Code>

        /// The fields of a `failure` event.
        public enum Field {
            /// The number of the attempt, from 1.
            @inlinable public static var attempt: RequiredField<Int64> {
                .init("a", "the attempt's number, from 1")
            }
            /// The reason for the failure.
            @inlinable public static var code: RequiredField<TraceWord<Code>> {
                .init(
                    "k", "why; `client_gone` with `serve` only: the client went away before the end"
                )
            }
        }

        /// Adds the line without its end; `code` must be a word of `Code`.
        @inlinable @inline(__always)
        public static func write(
            to line: inout LineBuffer, _ identity: Identity, attempt: Int64, code: some TraceText
        ) {
            line.begin(identity, Kind.failure.name)
            line.put(Field.attempt, attempt)
            line.put(Field.code, code)
        }
    }
}

extension TraceEvent.Answer: TracePayload {
    static var meaning: StaticString { "an attempt's answer is there" }
    static var fields: [TraceFieldShape] { [Field.attempt.shape, Field.status.shape] }

    static func content(_ reader: inout TraceLineReader) throws(TraceLineError)
        -> TraceEvent.Content
    {
        .answer(
            Self(attempt: try reader.read(Field.attempt), status: try reader.read(Field.status)))
    }

    func write(to line: inout LineBuffer, _ identity: TraceEvent.Identity) {
        Self.write(to: &line, identity, attempt: attempt, status: status)
    }
}

extension TraceEvent.Failure: TracePayload {
    static var meaning: StaticString { "an attempt ends without an answer" }
    static var fields: [TraceFieldShape] { [Field.attempt.shape, Field.code.shape] }

    static func content(_ reader: inout TraceLineReader) throws(TraceLineError)
        -> TraceEvent.Content
    {
        .failure(Self(attempt: try reader.read(Field.attempt), code: try reader.read(Field.code)))
    }

    func write(to line: inout LineBuffer, _ identity: TraceEvent.Identity) {
        Self.write(to: &line, identity, attempt: attempt, code: code.text)
    }
}
