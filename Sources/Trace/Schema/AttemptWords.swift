extension TraceEvent.Attempt {
    /// How an exchange fails without a complete answer, by the upstream's decision.
    public enum Breakage: String, TraceVocabulary {
        case refused
        case reset
        case resetMidBody = "reset_mid_body"
        case truncated
        case empty
        case garbage
        case badChunk = "bad_chunk"
        case headersCut = "headers_cut"
        case duplicateLength = "duplicate_length"
        case hugeHeaders = "huge_headers"
        case badGzip = "bad_gzip"
        case expired
        case wrongHost = "wrong_host"
        case untrusted
        /// Nothing comes after the request.
        case hang
        /// Nothing comes after the connection was made.
        case handshakeHang = "handshake_hang"

        /// The word for `hang` as a literal, for writing.
        @inlinable public static var hangName: StaticString { "hang" }
        /// The word for `handshakeHang` as a literal, for writing.
        @inlinable public static var handshakeHangName: StaticString { "handshake_hang" }
    }

    /// What turned an attempt away that no fault struck.
    public enum Refuser: String, TraceVocabulary {
        /// More requests than the quota allows; the status is 429.
        case quota
        /// All servers are busy and the queue is full; the status is 503.
        case capacity
    }

    /// By what an attempt of another client was recognised as one of its request.
    public enum Recognition: String, TraceVocabulary {
        case idempotencyKey = "idempotency_key"
        case requestID = "request_id"
        case traceparent
        /// Method, target and body are the same, and the one before has failed.
        case content
    }
}
