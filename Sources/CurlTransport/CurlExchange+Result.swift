internal import CCurl
import APIClient
import HTTPTypes

/// The target of a redirect that is followed.
struct Redirect {
    let method: HTTPRequest.Method
    /// Path and query, percent-encoded.
    let target: String
    let keepsBody: Bool
}

extension CurlExchange {
    /// The result of the transfer that libcurl reports as ended with `code`.
    func result(_ code: CURLcode) -> Result<TransportResponse, TransportError> {
        if let failure { return .failure(failure) }
        guard code == CURLE_OK else { return .failure(failed(code).error) }
        // libcurl treats the end of the connection as the end of the header.
        guard head.isComplete else {
            return .failure(
                head.hasBegun
                    ? TransportError(.truncated, "the header ended before its end")
                    : TransportError(.empty))
        }
        do throws(TransportError) {
            let body = isDecompressing ? try decoded() : self.body
            return .success(
                TransportResponse(statusCode: head.status, headerFields: head.fields, body: body))
        } catch {
            return .failure(error)
        }
    }

    private func failed(_ code: CURLcode) -> CurlFailure {
        let text = easy.failureText
        return CurlFailure(
            code: code, systemError: Int32(clamping: easy.number(CURLINFO_OS_ERRNO)),
            verifyResult: easy.number(CURLINFO_SSL_VERIFYRESULT),
            text: text.isEmpty ? CurlCode(raw: code).text : text,
            hasSent: hasSent, textBeforeResend: wasResendRefused ? textBeforeResend : nil,
            hasAnswer: hasAnswer,
            hasHead: head.isComplete)
    }

    private static let codingsMax = 5

    /// The decompressed body.
    /// - Throws: `malformed`, `tooLarge`.
    private func decoded() throws(TransportError) -> [UInt8] {
        guard head.isCoded, !body.isEmpty, let codings = head.fields[.contentEncoding] else {
            return body
        }
        var body = body
        let list = codings.split(separator: ",")
        // The same limit as libcurl's: each layer may decompress to the largest allowed size.
        guard list.count <= Self.codingsMax else {
            throw TransportError(.malformed, "the body is coded more than \(Self.codingsMax) times")
        }
        // The codings are listed in the order of application, so they are undone in reverse.
        for coding in list.reversed() {
            let name = coding.filter { $0 != " " && $0 != "\t" }.lowercased()
            switch name {
            case "gzip", "x-gzip":
                body = try Inflate.all(body, .gzip, sizeMax: loop.settings.bodySizeMax)
            case "deflate":
                body = try Inflate.all(body, .deflate, sizeMax: loop.settings.bodySizeMax)
            case "identity", "": break
            default:
                throw TransportError(.malformed, "the body is coded in a way nobody asked for")
            }
        }
        return body
    }

    // MARK: - Redirects

    /// The redirect to follow; nil if the result is final.
    func redirect(after result: Result<TransportResponse, TransportError>) -> Redirect? {
        guard redirectsLeft > 0, let request, case .success(let answer) = result,
            [301, 302, 303, 307, 308].contains(answer.statusCode),
            let address = easy.text(CURLINFO_REDIRECT_URL)
        else { return nil }
        // Only the same origin, so that credentials are sent nowhere else.
        let origin = "\(request.scheme)://\(request.authority)/"
        guard address.hasPrefix(origin) else { return nil }
        let target = "/" + address.dropFirst(origin.count)
        // RFC 9110 section 15.4: 303 is followed with GET, and like browsers, POST becomes GET
        // after 301 and 302.
        let becomesGet =
            answer.statusCode == 303 && request.method != .head
            || [301, 302].contains(answer.statusCode) && request.method == .post
        return Redirect(
            method: becomesGet ? .get : request.method, target: String(target),
            keepsBody: !becomesGet)
    }

    /// Prepares the transfer for the target of a redirect.
    func follow(_ redirect: Redirect) throws(CurlCode) {
        guard let request else { preconditionFailure("a transfer that ended had a request") }
        redirectsLeft -= 1
        clearAnswer()
        try write(
            request, redirect.method, target: redirect.target,
            body: redirect.keepsBody ? request.body : nil)
    }
}
