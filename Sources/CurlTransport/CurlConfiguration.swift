public import APIClient

/// The settings of a ``CurlTransport``. Everything that can be checked without a connection is
/// checked when the transport is made.
public struct CurlConfiguration: Hashable, Sendable {
    /// The time limit for everything before the send: waiting for a free connection, DNS lookup,
    /// TCP and TLS. Above zero; defaults to 5 s. The attempt then fails with `connect_timed_out`.
    public var connectTimeout: Duration
    /// The time limit from the send to the first byte of the answer, above zero. The attempt then
    /// fails with `timed_out`. nil (the default): only the attempt's own limit applies.
    public var firstByteTimeout: Duration?
    /// The largest number of open connections, idle ones included; 1 or more. Defaults to 1 024.
    /// Further requests wait for a free connection.
    public var connectionsMax: Int
    /// The largest number of open connections to one host and port; 1 or more. Defaults to 256.
    /// Further requests wait for a free connection.
    public var connectionsPerHostMax: Int
    /// The longest idle time after which a connection is still reused, in whole seconds, 1 s or
    /// more. Defaults to 60 s.
    public var idleAgeMax: Duration
    /// The largest size of an answer's header, status line included, in bytes: 1 to 200 000.
    /// Defaults to 65 536. A larger one ends the attempt with `too_large`.
    public var headerSizeMax: Int
    /// The largest size of an answer's body in bytes, as received and after decompression; 0 or
    /// more. Defaults to 16 MiB. A larger one ends the attempt with `too_large`.
    public var bodySizeMax: Int
    /// Whether gzip and deflate are requested and decompressed. Defaults to `true`. Has no effect
    /// for a request with an `Accept-Encoding` field of its own.
    public var isDecompressing: Bool
    /// The proxy that all requests go through. nil (the default): none; the proxies of the
    /// environment are never used.
    public var proxy: CurlProxy?
    /// Whether the upstream's certificate is verified. Defaults to `true`. If not, an attacker on
    /// the network path can read and change everything.
    public var isVerifyingCertificates: Bool
    /// The path of a file of certificates in PEM form that are trusted instead of the system's. nil
    /// (the default): the system's certificates are trusted.
    public var authorityFile: String?
    /// The certificates in PEM form themselves, instead of ``authorityFile``: those of an upstream
    /// in this process. nil (the default): none.
    package var authority: String?
    /// The certificate that the client presents if an upstream asks for one. nil (the default):
    /// none.
    public var clientCertificate: CurlClientCertificate?
    /// The version of HTTP. Defaults to `.automatic`.
    public var httpVersion: CurlHTTPVersion
    /// The largest number of redirects that are followed, 0 or more. Defaults to 0. Only redirects
    /// to the scheme, host and port of the request are followed, so that credentials are sent
    /// nowhere else. Any other redirect is returned as the answer.
    public var redirectsMax: Int

    /// Makes a configuration; every parameter has a default.
    public init(
        connectTimeout: Duration = .seconds(5),
        firstByteTimeout: Duration? = nil,
        connectionsMax: Int = 1_024,
        connectionsPerHostMax: Int = 256,
        idleAgeMax: Duration = .seconds(60),
        headerSizeMax: Int = 65_536,
        bodySizeMax: Int = 16 << 20,
        isDecompressing: Bool = true,
        proxy: CurlProxy? = nil,
        isVerifyingCertificates: Bool = true,
        authorityFile: String? = nil,
        clientCertificate: CurlClientCertificate? = nil,
        httpVersion: CurlHTTPVersion = .automatic,
        redirectsMax: Int = 0
    ) {
        precondition(connectTimeout > .zero, "connectTimeout is above zero")
        precondition(firstByteTimeout ?? .seconds(1) > .zero, "firstByteTimeout is above zero")
        precondition(
            connectionsMax >= 1 && connectionsPerHostMax >= 1, "at least one connection is needed")
        precondition(idleAgeMax >= .seconds(1), "idleAgeMax is a second or more")
        // Beyond this libcurl has a limit of its own, and fields are counted in 16 bits.
        precondition((1...200_000).contains(headerSizeMax), "headerSizeMax is 1 to 200 000")
        precondition(bodySizeMax >= 0 && redirectsMax >= 0, "a limit is 0 or more")
        self.connectTimeout = connectTimeout
        self.firstByteTimeout = firstByteTimeout
        self.connectionsMax = connectionsMax
        self.connectionsPerHostMax = connectionsPerHostMax
        self.idleAgeMax = idleAgeMax
        self.headerSizeMax = headerSizeMax
        self.bodySizeMax = bodySizeMax
        self.isDecompressing = isDecompressing
        self.proxy = proxy
        self.isVerifyingCertificates = isVerifyingCertificates
        self.authorityFile = authorityFile
        self.clientCertificate = clientCertificate
        self.httpVersion = httpVersion
        self.redirectsMax = redirectsMax
    }
}

/// The version of HTTP that a transport speaks.
public enum CurlHTTPVersion: Hashable, Sendable {
    /// HTTP/2 if the upstream offers it over TLS, otherwise HTTP/1.1.
    case automatic
    /// Only HTTP/1.1.
    case http1
}

/// A proxy that all requests go through.
public struct CurlProxy: Hashable, Sendable {
    /// Scheme (`http`, `https`, `socks4`, `socks4a`, `socks5`, `socks5h`), host and port, such as
    /// `http://10.0.0.1:3128`. It must not contain a user name or a password.
    public var url: String
    /// The user name for the proxy. Empty (the default): no authentication.
    public var user: String
    /// The password of `user`. Defaults to empty.
    public var password: Secret

    /// Makes a proxy, by default without authentication.
    public init(url: String, user: String = "", password: Secret = Secret("")) {
        self.url = url
        self.user = user
        self.password = password
    }
}

/// A client certificate with its key, for upstreams that authenticate clients by TLS.
public struct CurlClientCertificate: Hashable, Sendable {
    /// The path of the certificate and its chain in PEM form.
    public var certificateFile: String
    /// The path of the private key in PEM form.
    public var keyFile: String
    /// The password that the key is encrypted with; nil (the default): the key is not encrypted.
    public var password: Secret?

    /// Makes a client certificate. By default its key is not encrypted.
    public init(certificateFile: String, keyFile: String, password: Secret? = nil) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.password = password
    }
}
