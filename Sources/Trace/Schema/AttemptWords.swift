extension TraceEvent.Attempt {
    /// The kinds of failure without a complete answer, as decided by the upstream.
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
        /// The upstream reads the request and never answers.
        case hang
        /// The connection is made, and then the handshake never ends.
        case handshakeHang = "handshake_hang"

        /// The name of `hang` as a literal, for writing.
        @inlinable public static var hangName: StaticString { "hang" }
        /// The name of `handshakeHang` as a literal, for writing.
        @inlinable public static var handshakeHangName: StaticString { "handshake_hang" }
    }

    /// The limits that refuse an attempt without a fault.
    public enum Refuser: String, TraceVocabulary {
        /// The quota of requests is exhausted; the status is 429.
        case quota
        /// All servers are busy and the queue is full; the status is 503.
        case capacity
    }

    /// How an attempt of an external client was recognized as one of its request.
    public enum Recognition: String, TraceVocabulary {
        case idempotencyKey = "idempotency_key"
        case requestID = "request_id"
        case traceparent
        /// It has the same method, target and body as a request whose last attempt has failed.
        case content
    }
}
