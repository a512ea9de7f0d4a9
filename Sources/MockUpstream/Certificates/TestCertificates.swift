/// Certificates for one run of a server, made anew each time and kept in memory.
public struct TestCertificates: Sendable {
    /// The certificate of the authority that clients must trust, in PEM.
    public let authority: String
    /// The server's certificate for its addresses and names, valid for a year.
    public let server: MockUpstreamServer.Identity
    /// The server's certificate, expired since yesterday.
    public let expired: MockUpstreamServer.Identity
    /// A certificate for another host, `elsewhere.invalid`.
    public let wrongHost: MockUpstreamServer.Identity
    /// A certificate for the server's addresses and names, signed by an untrusted authority.
    public let untrusted: MockUpstreamServer.Identity
    /// A client certificate that is signed by ``authority``.
    public let client: MockUpstreamServer.Identity
    /// A client certificate that is signed by an untrusted authority.
    public let rogueClient: MockUpstreamServer.Identity

    /// Makes certificates for a server with these addresses and names.
    /// - Parameters:
    ///   - addresses: IP addresses. Defaults to the loopback addresses of IPv4 and IPv6.
    ///   - names: host names. Defaults to `localhost`.
    /// - Throws: ``MockUpstreamError`` if an address is invalid or a certificate cannot be made.
    public init(addresses: [String] = ["127.0.0.1", "::1"], names: [String] = ["localhost"])
        throws(MockUpstreamError)
    {
        let honest = try CertificateAuthority(name: "Windtunnel test authority")
        let rogue = try CertificateAuthority(name: "Windtunnel rogue authority")
        let here = try CertificateAuthority.Place(addresses: addresses, names: names)
        let elsewhere = try CertificateAuthority.Place(addresses: [], names: ["elsewhere.invalid"])
        authority = honest.certificate
        server = try honest.identity(.server(here))
        expired = try honest.identity(.server(here), days: -30 ..< -1)
        wrongHost = try honest.identity(.server(elsewhere))
        untrusted = try rogue.identity(.server(here))
        client = try honest.identity(.client)
        rogueClient = try rogue.identity(.client)
    }

    /// The TLS settings of a server that can present all of these certificates.
    ///
    /// With `asksClients` (default: false) the server asks for a client certificate and reports to
    /// the source whether it is valid.
    public func tls(asksClients: Bool = false) -> MockUpstreamServer.TLS {
        MockUpstreamServer.TLS(
            identity: server,
            faulty: .init(expired: expired, wrongHost: wrongHost, untrusted: untrusted),
            clientAuthority: asksClients ? authority : nil)
    }

    /// The paths of the files that ``write(into:)`` has written.
    public struct Files: Sendable, Hashable {
        /// The authority's certificate, for curl's `--cacert`.
        public var authority: String
        /// The client's certificate, for curl's `--cert`.
        public var clientCertificate: String
        /// The client's key, for curl's `--key`.
        public var clientKey: String
        /// The certificate of the client with an untrusted authority.
        public var rogueCertificate: String
        /// The key of the client with an untrusted authority.
        public var rogueKey: String
    }

    /// Writes what a client needs into an existing folder, as PEM files that only this user can
    /// read.
    /// - Throws: ``MockUpstreamError`` with code `fileNotWritten`.
    public func write(into folder: String) throws(MockUpstreamError) -> Files {
        let files = Files(
            authority: "\(folder)/ca.pem", clientCertificate: "\(folder)/client.pem",
            clientKey: "\(folder)/client-key.pem", rogueCertificate: "\(folder)/rogue.pem",
            rogueKey: "\(folder)/rogue-key.pem")
        try PrivateFile.make(authority, to: files.authority)
        try PrivateFile.make(client.chain, to: files.clientCertificate)
        try PrivateFile.make(client.key, to: files.clientKey)
        try PrivateFile.make(rogueClient.chain, to: files.rogueCertificate)
        try PrivateFile.make(rogueClient.key, to: files.rogueKey)
        return files
    }
}
