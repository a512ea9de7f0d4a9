import APIClient
import CurlTransport
import Testing

@Suite("TLS", .timeLimit(.minutes(1))) struct TLSTests {
    private let certificates: Certificates
    private let trusting: CurlConfiguration

    init() throws {
        certificates = try Certificates.shared.get()
        trusting = CurlConfiguration(authorityFile: certificates.path("authority.pem"))
    }

    @Test func `a server with a certificate of a trusted authority answers`() throws {
        let server = try Server.python(certificate: "server")
        let loop = try CurlLoop(trusting)
        let answer = try loop.end(of: secureGet(server.port))
        #expect(answer.response?.body == Array("hello ".utf8), "\(answer)")
        #expect(try loop.end(of: secureGet(server.port, host: "127.0.0.1")).response != nil)
    }

    @Test(arguments: [
        ("expired", TransportError.Code.certificateExpired),
        ("wrong-host", .certificateWrongHost), ("untrusted", .certificateUntrusted),
    ])
    func `a bad certificate is told by its kind and nothing is sent`(
        certificate: String, code: TransportError.Code
    ) throws {
        let server = try Server.python(certificate: certificate)
        let loop = try CurlLoop(trusting)
        let answer = try loop.end(of: secureGet(server.port))
        #expect(answer.code == code, "\(answer)")
        #expect(answer.error?.neverReachedUpstream == true)
        #expect(loop.sends == 0)
    }

    @Test
    func `verification is on by default, and an authority of one's own replaces the system's`()
        throws
    {
        let server = try Server.python(certificate: "server")
        #expect(
            try CurlLoop(CurlConfiguration()).end(of: secureGet(server.port)).code
                == .certificateUntrusted)
        let other = CurlConfiguration(authorityFile: certificates.path("stranger.pem"))
        #expect(try CurlLoop(other).end(of: secureGet(server.port)).code == .certificateUntrusted)
    }

    @Test(arguments: ["expired", "wrong-host", "untrusted"])
    func `without verification any certificate does`(certificate: String) throws {
        let server = try Server.python(certificate: certificate)
        let loop = try CurlLoop(CurlConfiguration(isVerifyingCertificates: false))
        #expect(try loop.end(of: secureGet(server.port)).response?.statusCode == 200)
    }

    @Test(
        arguments: [
            ("client.key", nil), ("client-locked.key", Secret(Certificates.password)),
        ] as [(String, Secret?)])
    func `a client certificate says who calls`(key: String, password: Secret?) throws {
        let server = try Server.python(certificate: "server", asksForClients: true)
        var configuration = trusting
        configuration.clientCertificate = CurlClientCertificate(
            certificateFile: certificates.path("client.pem"), keyFile: certificates.path(key),
            password: password)
        let answer = try CurlLoop(configuration).end(of: secureGet(server.port))
        #expect(answer.response?.body == Array("hello client".utf8), "\(answer)")
    }

    @Test func `a server that wants a client certificate turns others away`() throws {
        let server = try Server.python(certificate: "server", asksForClients: true)
        let answer = try CurlLoop(trusting).end(of: secureGet(server.port))
        // With TLS 1.3 the server says so after the client's side of the handshake is done.
        #expect(answer.code == .connectionReset, "\(answer)")
    }

    @Test func `a server that speaks no TLS is a failed connection and nothing is sent`() throws {
        let peer = try Peer([.write("HTTP/1.1 400 Bad Request\r\n\r\n"), .hang])
        defer { peer.end() }
        let loop = try CurlLoop(trusting)
        let answer = try loop.end(of: secureGet(peer.port))
        #expect(answer.code == .connectionFailed, "\(answer)")
        #expect(answer.error?.neverReachedUpstream == true)
        #expect(loop.sends == 0)
    }

    @Test func `a handshake that hangs is no connection in time`() throws {
        let peer = try Peer([.hang])
        defer { peer.end() }
        var configuration = trusting
        configuration.connectTimeout = .milliseconds(150)
        let loop = try CurlLoop(configuration)
        let begin = ContinuousClock.now
        let answer = try loop.end(of: secureGet(peer.port))
        #expect(answer.code == .connectTimedOut, "\(answer)")
        #expect(begin.duration(to: .now) >= .milliseconds(150))
        #expect(answer.error?.neverReachedUpstream == true)
    }
}
