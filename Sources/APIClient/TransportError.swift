/// The reason why an attempt got no complete answer.
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of a failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, Sendable {
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
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// The upstream's address refused the connection, so the request was not sent.
        public static var connectionRefused: Self { .init(.connectionRefused) }
        /// No connection was established within the time limit, so the request was not sent.
        public static var connectTimedOut: Self { .init(.connectTimedOut) }
        /// No connection was established for another reason, such as an unknown host, no route, or
        /// a refusal by TLS or a proxy. The request was not sent.
        public static var connectionFailed: Self { .init(.connectionFailed) }
        /// There was no complete answer within the time limit. The request may have taken effect.
        public static var timedOut: Self { .init(.timedOut) }
        /// The upstream reset the connection. The request may have taken effect.
        public static var connectionReset: Self { .init(.connectionReset) }
        /// The connection ended before the answer was complete. The request may have taken effect.
        public static var truncated: Self { .init(.truncated) }
        /// The upstream sent something that is not valid HTTP. The request may have taken effect.
        public static var malformed: Self { .init(.malformed) }
        /// The upstream closed the connection without an answer. The request may have taken effect.
        public static var empty: Self { .init(.empty) }
        /// The answer or its header exceeds the transport's size limit. The request may have taken
        /// effect.
        public static var tooLarge: Self { .init(.tooLarge) }
        /// The upstream's certificate has expired, so the request was not sent.
        public static var certificateExpired: Self { .init(.certificateExpired) }
        /// The upstream's certificate is for another host, so the request was not sent.
        public static var certificateWrongHost: Self { .init(.certificateWrongHost) }
        /// The upstream's certificate is not signed by a trusted authority, so the request was not
        /// sent.
        public static var certificateUntrusted: Self { .init(.certificateUntrusted) }
        /// The calling task was cancelled. The request may have taken effect.
        public static var cancelled: Self { .init(.cancelled) }

        /// The code as it is written in logs and traces, such as `timed_out`.
        public var description: String { value.rawValue }
        var isTimeout: Bool { value == .timedOut || value == .connectTimedOut }
        var neverReachedUpstream: Bool {
            switch value {
            case .connectionRefused, .connectTimedOut, .connectionFailed, .certificateExpired,
                .certificateWrongHost, .certificateUntrusted:
                true
            case .timedOut, .connectionReset, .truncated, .malformed, .empty, .tooLarge, .cancelled:
                false
            }
        }

        /// The same text as ``description``, without allocating a string.
        public var name: StaticString {
            switch value {
            case .connectionRefused: "connection_refused"
            case .connectTimedOut: "connect_timed_out"
            case .connectionFailed: "connection_failed"
            case .timedOut: "timed_out"
            case .connectionReset: "connection_reset"
            case .truncated: "truncated"
            case .malformed: "malformed"
            case .empty: "empty"
            case .tooLarge: "too_large"
            case .certificateExpired: "certificate_expired"
            case .certificateWrongHost: "certificate_wrong_host"
            case .certificateUntrusted: "certificate_untrusted"
            case .cancelled: "cancelled"
            }
        }
    }

    /// The kind of the failure.
    public var code: Code
    /// Details for a log, without secrets. Empty if there are none.
    public var message: String

    /// Makes a failure, by default without details.
    public init(_ code: Code, _ message: String = "") {
        self.code = code
        self.message = message
    }

    /// Whether the request provably never reached the upstream. Such an attempt is safe to retry
    /// with any method.
    public var neverReachedUpstream: Bool { code.neverReachedUpstream }

    /// Whether a time limit ended the attempt: `timedOut` or `connectTimedOut`.
    public var isTimeout: Bool { code.isTimeout }

    /// The code, and the details if there are any, in one line.
    public var description: String { message.isEmpty ? "\(code)" : "\(code): \(message)" }
}
