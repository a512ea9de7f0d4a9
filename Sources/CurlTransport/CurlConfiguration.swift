public import APIClient

/// How a ``CurlTransport`` connects, and what it takes. Whatever can be checked without a connection
/// is checked when the transport is made.
public struct CurlConfiguration: Hashable, Sendable {
    /// The time until the request can be sent: waiting for a place in the pool, finding the address,
    /// connecting, TLS. Above zero; defaults to 5 s.
    public var connectTimeout: Duration
    /// The time from the send to the first byte of the answer. Above zero; nil, the default, for none
    /// but the attempt's own limit.
    public var firstByteTimeout: Duration?
    /// Connections open at one time, idle ones included, 1 or more. Defaults to 1 024.
    public var connectionsMax: Int
    /// Connections open at one time to one host and port, 1 or more. Defaults to 256.
    public var connectionsPerHostMax: Int
    /// A connection that was idle for longer is not used again. Whole seconds count, 1 s or more;
    /// defaults to 60 s.
    public var idleAgeMax: Duration
    /// The size of an answer's header, status line included, in bytes: 1 to 200 000. Defaults to 65 536.
    public var headerSizeMax: Int
    /// The size of an answer's body, in bytes, as it came and decompressed. 0 or more; defaults to
    /// 16 MiB.
    public var bodySizeMax: Int
    /// Whether gzip and deflate are asked for and undone. Defaults to `true`.
    public var isDecompressing: Bool
    /// Where requests are sent instead of to their host. Defaults to nil; the environment's proxies
    /// are never used.
    public var proxy: CurlProxy?
    /// Whether an upstream must prove who it is. Defaults to `true`; without it, anybody on the way
    /// can read and change everything.
    public var isVerifyingCertificates: Bool
    /// A file of certificates in PEM form that are trusted instead of the system's. Defaults to nil.
    public var authorityFile: String?
    /// As ``authorityFile``, but the certificates themselves: of an upstream that this process made.
    package var authority: String?
    /// What the client shows of itself where an upstream asks for it. Defaults to nil.
    public var clientCertificate: CurlClientCertificate?
    /// Defaults to `.automatic`.
    public var httpVersion: CurlHTTPVersion
    /// How many redirects are followed, 0 or more, and only to the very scheme, host and port of the
    /// request: fields that carry credentials go nowhere else. Any other redirect is the answer.
    /// Defaults to 0.
    public var redirectsMax: Int

    /// The defaults, unless told otherwise.
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
        // Above it libcurl has a limit of its own, and fields are counted in 16 bits.
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

/// Which HTTP is spoken.
public enum CurlHTTPVersion: Hashable, Sendable {
    /// HTTP/2 where an upstream offers it over TLS, else HTTP/1.1.
    case automatic
    /// HTTP/1.1 always.
    case http1
}

/// A proxy that all requests go through.
public struct CurlProxy: Hashable, Sendable {
    /// Scheme (`http`, `https`, `socks5`, `socks5h`), host and port, such as `http://10.0.0.1:3128`.
    /// No name and password: they have places of their own.
    public var url: String
    /// Who the client is to the proxy; empty for nobody.
    public var user: String
    /// The password of `user`.
    public var password: Secret

    /// A proxy.
    public init(url: String, user: String = "", password: Secret = Secret("")) {
        self.url = url
        self.user = user
        self.password = password
    }
}

/// A client's certificate and its key, for upstreams that want to know who calls.
public struct CurlClientCertificate: Hashable, Sendable {
    /// The file of the certificate, and of what it was signed with, in PEM form.
    public var certificateFile: String
    /// The file of its private key, in PEM form.
    public var keyFile: String
    /// What the key is encrypted with; nil where it is not.
    public var password: Secret?

    /// A certificate and its key.
    public init(certificateFile: String, keyFile: String, password: Secret? = nil) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.password = password
    }
}
