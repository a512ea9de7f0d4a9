internal import CCurl

/// Checks a configuration before the first request.
struct SetupCheck {
    private let configuration: CurlConfiguration

    init(_ configuration: CurlConfiguration) { self.configuration = configuration }

    static var libraryVersion: String {
        guard let text = unsafe curl_version() else { return "of an unknown version" }
        // The text is like `libcurl/7.88.1 OpenSSL/3.0.15 zlib/1.2.13`.
        let first = unsafe String(cString: text).prefix { $0 != " " }
        return String(first.drop { $0 != "/" }.dropFirst())
    }

    func run() throws(CurlSetupError) {
        if let proxy = configuration.proxy { try check(proxy) }
        if let file = configuration.authorityFile {
            try checkReadable(file, .authorityFile, "the file of trusted certificates")
        }
        if let client = configuration.clientCertificate {
            try checkReadable(
                client.certificateFile, .certificateFile, "the client's certificate")
            try checkReadable(client.keyFile, .keyFile, "the client's key")
        }
        if configuration.authorityFile != nil || configuration.clientCertificate != nil {
            try load()
        }
    }

    private func checkReadable(
        _ file: String, _ code: CurlSetupError.Code, _ what: String
    ) throws(CurlSetupError) {
        if let reason = reasonNotToRead(file) {
            throw CurlSetupError(
                code, "\(file): \(what) cannot be read: \(reason); give the path of a PEM file.")
        }
    }

    private func check(_ proxy: CurlProxy) throws(CurlSetupError) {
        let form = "give scheme, host and port, such as http://127.0.0.1:3128."
        // The URL is not shown: a password that was put into it by mistake would end up in a log.
        guard !proxy.url.contains("@") else {
            throw CurlSetupError(
                .proxy, "the proxy's URL holds a name or a password; give these by themselves.")
        }
        guard !proxy.url.utf8.contains(0), let url = unsafe curl_url() else {
            throw CurlSetupError(.proxy, "the proxy's URL is none; \(form)")
        }
        defer { unsafe curl_url_cleanup(url) }
        let status = unsafe curl_url_set(
            url, CURLUPART_URL, proxy.url, UInt32(CURLU_NON_SUPPORT_SCHEME))
        guard status == CURLUE_OK else {
            throw CurlSetupError(.proxy, "\(proxy.url): not a proxy's URL; \(form)")
        }
        let scheme = proxy.url.prefix { $0 != ":" }.lowercased()
        guard ["http", "https", "socks4", "socks4a", "socks5", "socks5h"].contains(scheme) else {
            throw CurlSetupError(.proxy, "\(proxy.url): '\(scheme)' is no kind of proxy; \(form)")
        }
    }

    // MARK: - Certificates and keys

    /// Makes libcurl load the files as for a connection, to a local listener that sends nothing.
    /// Problems with the files show before the handshake fails.
    private func load() throws(CurlSetupError) {
        let (code, text): (CURLcode, String)
        do throws(CurlCode) {
            (code, text) = try connectOnce()
        } catch {
            throw CurlSetupError(
                .library, "libcurl \(Self.libraryVersion) cannot be set up: \(error.text)")
        }
        switch code {
        case CURLE_SSL_CACERT_BADFILE:
            throw CurlSetupError(
                .authorityFile,
                "\(configuration.authorityFile ?? "the system's certificates"): holds no "
                    + "certificate in PEM form (\(text)).")
        case CURLE_SSL_CERTPROBLEM: throw certificateError(text)
        // The handshake, which comes after the files were loaded.
        case CURLE_SSL_CONNECT_ERROR: break
        default:
            throw CurlSetupError(
                .library, "libcurl \(Self.libraryVersion) cannot use the certificates: \(text).")
        }
    }

    private func connectOnce() throws(CurlCode) -> (CURLcode, String) {
        guard var listener = SilentListener() else { throw CurlCode(raw: CURLE_COULDNT_CONNECT) }
        let multi = try MultiHandle(connectionsMax: 1, connectionsPerHostMax: 1)
        let easy = try EasyHandle()
        try CurlSettings(configuration).apply(to: easy)
        try easy.set(CURLOPT_URL, "https://127.0.0.1:\(listener.port)/")
        try easy.set(CURLOPT_PROXY, "")
        // This long is only needed on a machine that hardly runs at all.
        try easy.set(CURLOPT_CONNECTTIMEOUT_MS, 30_000)
        multi.add(easy)
        defer { multi.remove(easy) }
        while true {
            multi.perform()
            if let code = unsafe multi.nextDone()?.code { return (code, easy.failureText) }
            listener.acceptAll()
            multi.poll(milliseconds: 10)
        }
    }

    private func certificateError(_ text: String) -> CurlSetupError {
        guard let client = configuration.clientCertificate else {
            return CurlSetupError(.library, text)
        }
        if text.contains("client certificate") {
            return CurlSetupError(
                .certificateFile,
                "\(client.certificateFile): holds no certificate in PEM form (\(text)).")
        }
        guard !text.contains("match") else {
            return CurlSetupError(
                .keyFile,
                "\(client.keyFile): the key of another certificate than "
                    + "\(client.certificateFile).")
        }
        guard isEncrypted(client.keyFile) else {
            return CurlSetupError(
                .keyFile, "\(client.keyFile): holds no private key in PEM form (\(text)).")
        }
        return CurlSetupError(
            .password,
            client.password == nil
                ? "\(client.keyFile): the key is encrypted; give its password."
                : "\(client.keyFile): the key is encrypted with another password.")
    }

    private func isEncrypted(_ file: String) -> Bool {
        contents(file).map { String(decoding: $0, as: UTF8.self).contains("ENCRYPTED") } ?? false
    }
}
