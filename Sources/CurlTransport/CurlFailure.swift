internal import CCurl
import APIClient

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A failure as libcurl reports it, and its mapping to a transport error. The same table is in
/// `docs/transport.md`.
struct CurlFailure {
    let code: CURLcode
    /// The system's error number; 0 if the failure did not come from the system.
    let systemError: Int32
    /// OpenSSL's number for the problem with the certificate; 0 for none.
    let verifyResult: Int
    /// libcurl's message.
    let text: String
    /// Whether the request was sent.
    let hasSent: Bool
    /// libcurl's message about the first send when a second one was prevented; empty if the
    /// connection just ended, nil if libcurl did not want to send again.
    let textBeforeResend: String?
    /// Whether any byte of an answer has come.
    let hasAnswer: Bool
    /// Whether the answer's header is complete.
    let hasHead: Bool

    var error: TransportError { TransportError(errorCode, text) }

    private var errorCode: TransportError.Code {
        // Also if only the second connection was refused, because the first one took the request.
        if let textBeforeResend { return textBeforeResend.isEmpty ? .empty : .connectionReset }
        return hasSent ? afterSend : beforeSend
    }

    /// The code for a request that provably never reached the upstream.
    private var beforeSend: TransportError.Code {
        switch code {
        case CURLE_COULDNT_CONNECT:
            switch systemError {
            case ECONNREFUSED: .connectionRefused
            case ETIMEDOUT: .connectTimedOut
            default: .connectionFailed
            }
        case CURLE_OPERATION_TIMEDOUT: .connectTimedOut
        case CURLE_PEER_FAILED_VERIFICATION: certificate
        default: .connectionFailed
        }
    }

    /// The code for a rejected certificate. OpenSSL checks the chain and the time; libcurl checks
    /// the name afterwards.
    private var certificate: TransportError.Code {
        switch verifyResult {
        // 1 is libcurl's initial value, and OpenSSL's number for an unspecified problem of the
        // chain.
        case 0: .certificateWrongHost
        case 1: text.contains("certificate problem") ? .certificateUntrusted : .certificateWrongHost
        // X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
        case 9, 10: .certificateExpired
        // X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
        case 62, 64: .certificateWrongHost
        default: .certificateUntrusted
        }
    }

    private var afterSend: TransportError.Code {
        switch code {
        case CURLE_GOT_NOTHING: .empty
        case CURLE_PARTIAL_FILE: .truncated
        case CURLE_OPERATION_TIMEDOUT: .timedOut
        // The answer does not begin with a status line, which libcurl calls HTTP/0.9.
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY: .malformed
        case CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2: .malformed
        case CURLE_HTTP2_STREAM: isBroken || !hasAnswer ? .connectionReset : .truncated
        // A header line exceeds libcurl's own limit of 100 KiB.
        case CURLE_OUT_OF_MEMORY: .tooLarge
        case CURLE_RECV_ERROR: received
        // libcurl counts the resends of a handle over all its transfers, and gives up at every
        // sixth without calling back. It reports nothing else if the connection just ended.
        case CURLE_SEND_ERROR where text.hasPrefix("Connection died"): .empty
        default: .connectionReset
        }
    }

    /// The code for a receive error: libcurl reports a broken connection, a missing TLS close
    /// notification and invalid chunks alike.
    private var received: TransportError.Code {
        // The message comes first: the system's error number may belong to the handle's previous
        // transfer.
        if text.contains("chunk") { return .malformed }
        if text.contains("unexpected eof") || text.contains("non-properly terminated") {
            return hasAnswer ? .truncated : .empty
        }
        return .connectionReset
    }

    private var isBroken: Bool { systemError != 0 }
}
