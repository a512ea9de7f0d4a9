import APIClient
import Testing

/// A kind of fault with the error that the client must report in every mode, and the exit code of
/// the `curl` program.
struct FaultKind: Sendable, CustomTestStringConvertible {
    /// The fault as a scenario writes it, for example `reset: true`.
    let fault: String
    /// The transport's error. nil: the answer is complete for the transport, whatever its content.
    let error: TransportError.Code?
    /// The exit code of `curl --compressed`.
    let curlExit: Int32
    var needsTLS = false

    var testDescription: String { fault }

    static let all: [FaultKind] = [
        FaultKind(fault: "status: 503", error: nil, curlExit: 0),
        FaultKind(fault: "latency: 300ms", error: nil, curlExit: 0),
        FaultKind(fault: "drip: 300ms", error: nil, curlExit: 0),
        FaultKind(fault: "malformed_json: true", error: nil, curlExit: 0),
        FaultKind(fault: "wrong_schema: true", error: nil, curlExit: 0),
        FaultKind(fault: "hang: true", error: .timedOut, curlExit: 28),
        FaultKind(fault: "refuse: true", error: .connectionRefused, curlExit: 7),
        FaultKind(fault: "reset: true", error: .connectionReset, curlExit: 56),
        FaultKind(fault: "reset_mid_body: true", error: .connectionReset, curlExit: 56),
        FaultKind(fault: "truncate: true", error: .truncated, curlExit: 18),
        FaultKind(fault: "empty: true", error: .empty, curlExit: 52),
        FaultKind(fault: "garbage: true", error: .malformed, curlExit: 1),
        FaultKind(fault: "bad_chunk: true", error: .malformed, curlExit: 56),
        FaultKind(fault: "bad_gzip: true", error: .malformed, curlExit: 61),
        FaultKind(fault: "huge_headers: true", error: .tooLarge, curlExit: 27),
        FaultKind(fault: "headers_cut: true", error: .truncated, curlExit: 0),
        FaultKind(fault: "duplicate_length: true", error: .malformed, curlExit: 0),
        FaultKind(
            fault: "expired: true", error: .certificateExpired, curlExit: 60, needsTLS: true),
        FaultKind(
            fault: "wrong_host: true", error: .certificateWrongHost, curlExit: 60, needsTLS: true),
        FaultKind(
            fault: "untrusted: true", error: .certificateUntrusted, curlExit: 60, needsTLS: true),
        FaultKind(
            fault: "handshake_hang: true", error: .connectTimedOut, curlExit: 28, needsTLS: true),
    ]
}
