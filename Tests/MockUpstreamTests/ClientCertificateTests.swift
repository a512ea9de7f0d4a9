import MockUpstream
import Testing
import Upstream

/// The source learns about a client's certificate. The connection succeeds with any certificate.
@Suite struct ClientCertificateTests {
    private func peer(_ arguments: [String], asks: Bool = true) throws -> ServedRequest.Peer {
        let source = FixedSource(.answer(.json))
        let server = try MockUpstreamServer(
            .init(tls: Certificates.shared.made.tls(asksClients: asks)), source: source)
        defer { server.stop() }
        let outcome = try CurlProgram.run(
            ["--cacert", Certificates.shared.files.authority] + arguments + [
                "https://localhost:\(server.port)/"
            ])
        #expect(outcome.exitCode == 0)
        return try #require(source.remembered.requests.first).peer
    }

    private let files = Certificates.shared.files

    @Test("A certificate of the client authority is verified")
    func good() throws {
        #expect(
            try peer(["--cert", files.clientCertificate, "--key", files.clientKey]) == .verified)
    }

    @Test("A certificate of somebody else is not, and the reason is told")
    func rogue() throws {
        let peer = try peer(["--cert", files.rogueCertificate, "--key", files.rogueKey])
        guard case .notVerified(let reason) = peer else {
            Issue.record("\(peer)")
            return
        }
        #expect(reason.contains("issuer"))
    }

    @Test("None is none, and without a client authority nobody is asked")
    func none() throws {
        #expect(try peer([]) == .unknown)
        let shown = ["--cert", files.clientCertificate, "--key", files.clientKey]
        #expect(try peer(shown, asks: false) == .unknown)
    }
}
