internal import CCurl
import APIClient

/// A configuration in libcurl's terms, shared by all transfers of a loop.
struct CurlSettings {
    let configuration: CurlConfiguration
    /// The limits in nanoseconds.
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

    /// Sets the options that are the same for all transfers.
    func apply(to easy: borrowing EasyHandle) throws(CurlCode) {
        // Signals belong to the program, and aborting a transfer must not wait for its name lookup.
        try easy.set(CURLOPT_NOSIGNAL, true)
        try easy.set(CURLOPT_QUICK_EXIT, true)
        try easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
        // Paths are sent unchanged, `..` included.
        try easy.set(CURLOPT_PATH_AS_IS, true)
        // The loop enforces the time limits. libcurl's own default of 300 s is replaced by its
        // largest value.
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
        // Empty, because without a value libcurl reads `http_proxy`, `no_proxy` and similar
        // variables.
        try easy.set(CURLOPT_PROXY, configuration.proxy?.url ?? "")
        try easy.set(CURLOPT_NOPROXY, "")
        // The header of the proxy's own answer is not a part of the answer.
        try easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, true)
        guard let proxy = configuration.proxy, !proxy.user.isEmpty else { return }
        try easy.set(CURLOPT_PROXYUSERNAME, proxy.user)
        try easy.set(CURLOPT_PROXYPASSWORD, proxy.password.exposed)
    }

    private func applyCertificates(to easy: borrowing EasyHandle) throws(CurlCode) {
        let isVerifying = configuration.isVerifyingCertificates
        try easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        try easy.set(CURLOPT_SSL_VERIFYPEER, isVerifying)
        // 2 means that the certificate must be for exactly this host; libcurl refuses 1.
        try easy.set(CURLOPT_SSL_VERIFYHOST, isVerifying ? 2 : 0)
        if let file = configuration.authorityFile {
            try easy.set(CURLOPT_CAINFO, file)
            // Otherwise the system's directory of certificates would be trusted as well.
            try easy.clear(CURLOPT_CAPATH)
        } else if let authority = configuration.authority {
            try easy.set(CURLOPT_CAINFO_BLOB, bytes: Array(authority.utf8))
            try easy.clear(CURLOPT_CAPATH)
        }
        guard let client = configuration.clientCertificate else { return }
        try easy.set(CURLOPT_SSLCERT, client.certificateFile)
        try easy.set(CURLOPT_SSLKEY, client.keyFile)
        // Empty, because without a value OpenSSL asks for the password on the terminal.
        try easy.set(CURLOPT_KEYPASSWD, client.password?.exposed ?? "")
    }
}
