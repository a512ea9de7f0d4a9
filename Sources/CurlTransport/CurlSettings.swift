internal import CCurl
import APIClient

/// A configuration as every transfer of a loop uses it, in libcurl's terms.
struct CurlSettings {
    let configuration: CurlConfiguration
    /// Nanoseconds.
    let connectTimeout: Int64
    let firstByteTimeout: Int64?
    let headerSizeMax: Int
    let bodySizeMax: Int

    init(_ configuration: CurlConfiguration) {
        self.configuration = configuration
        connectTimeout = configuration.connectTimeout.nanoseconds
        firstByteTimeout = configuration.firstByteTimeout?.nanoseconds
        headerSizeMax = configuration.headerSizeMax
        bodySizeMax = configuration.bodySizeMax
    }

    /// Sets what stays the same from transfer to transfer.
    func apply(to easy: borrowing EasyHandle) throws(CurlCode) {
        // Signals are the program's; and a name that is still being looked up must not hold up the
        // loop when its transfer is taken down.
        try easy.set(CURLOPT_NOSIGNAL, true)
        try easy.set(CURLOPT_QUICK_EXIT, true)
        try easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
        // Paths go out as they are, `..` included.
        try easy.set(CURLOPT_PATH_AS_IS, true)
        // The loop keeps time: libcurl's own limit would fire at 300 s, and counts whole
        // milliseconds; the largest that it takes.
        try easy.set(CURLOPT_CONNECTTIMEOUT_MS, Int(Int32.max))
        try easy.set(CURLOPT_MAXAGE_CONN, Int(configuration.idleAgeMax.components.seconds))
        switch configuration.httpVersion {
        case .automatic: try easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        case .http1: try easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        }
        try applyProxy(to: easy)
        try applyCertificates(to: easy)
    }

    private func applyProxy(to easy: borrowing EasyHandle) throws(CurlCode) {
        // Empty, not absent: without these, libcurl reads `http_proxy`, `no_proxy` and the like.
        try easy.set(CURLOPT_PROXY, configuration.proxy?.url ?? "")
        try easy.set(CURLOPT_NOPROXY, "")
        // The proxy's own header is no part of the answer.
        try easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, true)
        guard let proxy = configuration.proxy, !proxy.user.isEmpty else { return }
        try easy.set(CURLOPT_PROXYUSERNAME, proxy.user)
        try easy.set(CURLOPT_PROXYPASSWORD, proxy.password.exposed)
    }

    private func applyCertificates(to easy: borrowing EasyHandle) throws(CurlCode) {
        let isVerifying = configuration.isVerifyingCertificates
        try easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        try easy.set(CURLOPT_SSL_VERIFYPEER, isVerifying)
        // 2: the certificate must be for the very host. 1 is refused by libcurl.
        try easy.set(CURLOPT_SSL_VERIFYHOST, isVerifying ? 2 : 0)
        if let file = configuration.authorityFile {
            try easy.set(CURLOPT_CAINFO, file)
            // Else the system's folder of certificates would be trusted as well.
            try easy.clear(CURLOPT_CAPATH)
        } else if let authority = configuration.authority {
            try easy.set(CURLOPT_CAINFO_BLOB, bytes: Array(authority.utf8))
            try easy.clear(CURLOPT_CAPATH)
        }
        guard let client = configuration.clientCertificate else { return }
        try easy.set(CURLOPT_SSLCERT, client.certificateFile)
        try easy.set(CURLOPT_SSLKEY, client.keyFile)
        // Empty, not absent: without one, OpenSSL asks for it on the terminal.
        try easy.set(CURLOPT_KEYPASSWD, client.password?.exposed ?? "")
    }
}
