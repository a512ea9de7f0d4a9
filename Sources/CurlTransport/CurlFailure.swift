internal import CCurl
import APIClient

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How libcurl ended a transfer, and the one table from there to a transport error. `docs/transport.md`
/// shows it to people.
struct CurlFailure {
    let code: CURLcode
    /// The system's number for what broke, 0 where it was not the system.
    let systemError: Int32
    /// OpenSSL's number for what is wrong with the certificate, 0 for nothing.
    let verifyResult: Int
    /// libcurl's words.
    let text: String
    /// Whether the request went out.
    let hasSent: Bool
    /// What libcurl had said about the send when it wanted to send again, and was kept from it; empty
    /// where the connection just ended, nil where it did not want to.
    let textBeforeResend: String?
    /// Whether anything of an answer came.
    let hasAnswer: Bool
    /// Whether the answer's header came to its end.
    let hasHead: Bool

    var error: TransportError { TransportError(errorCode, text) }

    private var errorCode: TransportError.Code {
        // Also where only the second connection was refused: the first took the request.
        if let textBeforeResend { return textBeforeResend.isEmpty ? .empty : .connectionReset }
        return hasSent ? afterSend : beforeSend
    }

    /// The request provably never reached the upstream.
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

    /// OpenSSL checks the chain and the time; libcurl checks the name itself, once OpenSSL has agreed.
    private var certificate: TransportError.Code {
        switch verifyResult {
        // 1 is what libcurl begins with, and OpenSSL's word for an unknown problem of the chain.
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
        // "HTTP/0.9": what came first is no status line.
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY: .malformed
        case CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2: .malformed
        case CURLE_HTTP2_STREAM: isBroken || !hasAnswer ? .connectionReset : .truncated
        // A line of the header beyond libcurl's own 100 KiB.
        case CURLE_OUT_OF_MEMORY: .tooLarge
        case CURLE_RECV_ERROR: received
        // libcurl counts the resends of a handle over all its transfers, and gives up at each sixth
        // before it has asked. It says nothing else where the connection just ended.
        case CURLE_SEND_ERROR where text.hasPrefix("Connection died"): .empty
        default: .connectionReset
        }
    }

    /// libcurl has one code for what broke, what ended without TLS's own goodbye, and bad chunks.
    private var received: TransportError.Code {
        // Its words come first: the system's number may be that of the handle's transfer before.
        if text.contains("chunk") { return .malformed }
        if text.contains("unexpected eof") || text.contains("non-properly terminated") {
            return hasAnswer ? .truncated : .empty
        }
        return .connectionReset
    }

    private var isBroken: Bool { systemError != 0 }
}
