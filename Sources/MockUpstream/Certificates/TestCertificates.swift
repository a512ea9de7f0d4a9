/// Certificates for one run of a server: made new each time, kept in memory.
public struct TestCertificates: Sendable {
    /// Who signed all that is honest: what clients are told to trust, in PEM.
    public let authority: String
    /// For the server's addresses and names, valid for a year.
    public let server: MockUpstreamServer.Identity
    /// The same, but its time has been over since yesterday.
    public let expired: MockUpstreamServer.Identity
    /// For a host that is not this one.
    public let wrongHost: MockUpstreamServer.Identity
    /// For the server's names, signed by somebody whom nobody trusts.
    public let untrusted: MockUpstreamServer.Identity
    /// A client's, signed by ``authority``.
    public let client: MockUpstreamServer.Identity
    /// A client's, signed by somebody whom nobody trusts.
    public let rogueClient: MockUpstreamServer.Identity

    /// Certificates for a server that is called by these addresses and names.
    /// - Parameters:
    ///   - addresses: IP addresses. Defaults to loopback of both families.
    ///   - names: host names. Defaults to `localhost`.
    /// - Throws: where an address is none, or a certificate cannot be made.
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

    /// For a server that can show all of them. With `asksClients` it asks for a client's certificate,
    /// and tells the source what it thinks of it.
    public func tls(asksClients: Bool = false) -> MockUpstreamServer.TLS {
        MockUpstreamServer.TLS(
            identity: server,
            faulty: .init(expired: expired, wrongHost: wrongHost, untrusted: untrusted),
            clientAuthority: asksClients ? authority : nil)
    }

    /// Where ``write(into:)`` left what a client needs.
    public struct Files: Sendable, Hashable {
        /// For `--cacert`.
        public var authority: String
        /// For `--cert`.
        public var clientCertificate: String
        /// For `--key`.
        public var clientKey: String
        /// As ``clientCertificate``, of the client whom nobody trusts.
        public var rogueCertificate: String
        /// The key to it.
        public var rogueKey: String
    }

    /// Writes what a client needs into a folder that is there, as PEM files that only this user reads.
    /// - Throws: `fileNotWritten`.
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
