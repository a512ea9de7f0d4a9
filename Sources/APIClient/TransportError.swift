/// Why an attempt got no complete answer.
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it was.
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

        /// Nothing listened at the address.
        public static var connectionRefused: Self { .init(.connectionRefused) }
        /// No connection within the time limit.
        public static var connectTimedOut: Self { .init(.connectTimedOut) }
        /// No connection for another reason: no such host, no route, TLS or a proxy refused. The
        /// request was not sent.
        public static var connectionFailed: Self { .init(.connectionFailed) }
        /// No complete answer within the time limit.
        public static var timedOut: Self { .init(.timedOut) }
        /// The other side broke the connection.
        public static var connectionReset: Self { .init(.connectionReset) }
        /// The answer ended before its end.
        public static var truncated: Self { .init(.truncated) }
        /// What came is not HTTP.
        public static var malformed: Self { .init(.malformed) }
        /// The other side closed the connection without an answer.
        public static var empty: Self { .init(.empty) }
        /// The answer, or its header, is larger than the client takes.
        public static var tooLarge: Self { .init(.tooLarge) }
        /// The time of the other side's certificate is over.
        public static var certificateExpired: Self { .init(.certificateExpired) }
        /// The other side's certificate is for another host.
        public static var certificateWrongHost: Self { .init(.certificateWrongHost) }
        /// Nobody who is trusted has signed the other side's certificate.
        public static var certificateUntrusted: Self { .init(.certificateUntrusted) }
        /// The caller gave up.
        public static var cancelled: Self { .init(.cancelled) }

        /// Such as `timed_out`.
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

        /// As ``description``, without making a string.
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

    /// What kind of failure it was.
    public var code: Code
    /// Details, free of secrets; may be empty.
    public var message: String

    /// A failure of that kind.
    public init(_ code: Code, _ message: String = "") {
        self.code = code
        self.message = message
    }

    /// Whether the request provably never reached the upstream.
    public var neverReachedUpstream: Bool { code.neverReachedUpstream }

    /// Whether a time limit ended the attempt.
    public var isTimeout: Bool { code.isTimeout }

    /// Code and details in one line.
    public var description: String { message.isEmpty ? "\(code)" : "\(code): \(message)" }
}
