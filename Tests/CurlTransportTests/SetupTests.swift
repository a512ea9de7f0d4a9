import APIClient
import CurlTransport
import Testing

@Suite("What is wrong with a configuration shows when the transport is made") struct SetupTests {
    private let certificates: Certificates

    init() throws { certificates = try Certificates.shared.get() }

    private func failure(_ configuration: CurlConfiguration) -> CurlSetupError? {
        do throws(CurlSetupError) {
            _ = try CurlTransport(configuration)
            return nil
        } catch {
            return error
        }
    }

    private func client(
        _ certificate: String, _ key: String, _ password: Secret? = nil
    ) -> CurlConfiguration {
        CurlConfiguration(
            clientCertificate: CurlClientCertificate(
                certificateFile: certificates.path(certificate), keyFile: certificates.path(key),
                password: password))
    }

    @Test(arguments: ["nowhere.pem", "nonsense.pem", ""])
    func `a file of authorities that is none`(name: String) throws {
        let file = certificates.path(name)
        let error = try #require(failure(CurlConfiguration(authorityFile: file)))
        #expect(error.code == .authorityFile)
        #expect(error.message.hasPrefix("\(file): "), "\(error)")
    }

    @Test(arguments: ["nowhere.pem", "nonsense.pem"])
    func `a client certificate that is none`(name: String) throws {
        let error = try #require(failure(client(name, "client.key")))
        #expect(error.code == .certificateFile, "\(error)")
        #expect(error.message.contains(name))
    }

    @Test(arguments: ["nowhere.key", "nonsense.pem", "server.key"])
    func `a key that is none, or of another certificate`(name: String) throws {
        let error = try #require(failure(client("client.pem", name)))
        #expect(error.code == .keyFile, "\(error)")
        #expect(error.message.contains(name))
    }

    @Test(arguments: [nil, Secret("wrong battery staple")])
    func `a wrong password, which is not shown`(password: Secret?) throws {
        let error = try #require(failure(client("client.pem", "client-locked.key", password)))
        #expect(error.code == .password, "\(error)")
        #expect(error.message.contains("client-locked.key"))
        #expect(!error.message.contains("battery"))
    }

    @Test func `what is right passes`() {
        #expect(failure(CurlConfiguration()) == nil)
        #expect(failure(client("client.pem", "client.key")) == nil)
        #expect(
            failure(client("client.pem", "client-locked.key", Secret(Certificates.password))) == nil
        )
        #expect(
            failure(CurlConfiguration(authorityFile: certificates.path("authority.pem"))) == nil)
    }

    @Test(arguments: [
        "", "no url", "ftp://127.0.0.1:21", "http://", "http://name:battery@127.0.0.1:3128",
        "http://127.0.0.1:99999",
    ])
    func `a proxy that is none`(url: String) throws {
        let error = try #require(failure(CurlConfiguration(proxy: CurlProxy(url: url))))
        #expect(error.code == .proxy)
        #expect(!error.message.contains("battery"))
    }

    @Test(arguments: ["http://127.0.0.1:3128", "https://proxy.example", "socks5h://[::1]:1080"])
    func `a proxy`(url: String) {
        #expect(failure(CurlConfiguration(proxy: CurlProxy(url: url))) == nil)
    }

    @Test func `no password is in the text of a configuration`() {
        var configuration = client("client.pem", "client-locked.key", Secret("battery"))
        configuration.proxy = CurlProxy(
            url: "http://127.0.0.1:3128", user: "me", password: Secret("staple"))
        var text = ""
        dump(configuration, to: &text)
        text += "\(configuration)"
        #expect(!text.contains("battery") && !text.contains("staple"))
        #expect(text.contains("client-locked.key"))
    }
}
