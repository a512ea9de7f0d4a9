import APIClient
import HTTPTypes
import Testing
import WindtunnelTesting

@Suite("No secret in any output") struct RedactionTests {
    private static let key = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"

    private static func dumped(_ value: some Any) -> String {
        var text = ""
        dump(value, to: &text)
        return text
    }

    /// Everything that a rig's client has logged.
    private static func said(_ rig: Rig) -> String {
        rig.lines.map { line in
            line.text
                + line.metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        }.joined(separator: "\n")
    }

    @Test func `a secret shows its text to the one who sends it only`() {
        let secret = Secret(Self.key)
        let credential = Credential.bearer(secret, identity: "billing")
        for text in [
            "\(secret)", String(reflecting: secret), Self.dumped(secret), "\(credential)",
            String(reflecting: credential), Self.dumped(credential), "\(Optional(secret) as Any)",
            "\([secret])", Self.dumped([["k": secret]]),
        ] {
            #expect(!text.contains(Self.key))
            #expect(text.contains("redacted"))
        }
        #expect(secret.exposed == Self.key)
    }

    @Test(arguments: [false, true])
    func `the API key is on the wire and in no log line, error, description or dump`(
        isVerbose: Bool
    ) throws {
        let credential = Credential.apiKey(Secret(Self.key), identity: "billing")
        // A transport that quotes what it sent, and a caller who puts the key where it does not
        // belong.
        let rig = try Rig(
            [.failure(.malformed, "unexpected byte after 'X-API-Key: \(Self.key)'")],
            last: .failure(.connectionReset, "while sending \(Self.key)\(Self.key)!"),
            credentials: StaticCredentials(credential)
        ) { $0.isVerbose = isVerbose }
        let error = try #require(
            try rig.run { rig in await rig.end(APIRequest(.get, "/v1/\(Self.key)/x")) }.error)
        let attempts = rig.transport.attempts
        #expect(attempts.count == 4)
        #expect(attempts.allSatisfy { $0.headerFields[.apiKey] == Self.key })

        #expect(rig.lines.count >= 4)
        #expect(Self.said(rig).contains("while sending <redacted><redacted>!"))
        for text in [
            Self.said(rig), "\(error)", String(reflecting: error), Self.dumped(error),
            "\(error.cause as Any)", error.userMessage, Self.dumped(rig.client),
            "\(rig.client.configuration)",
        ] {
            #expect(!text.contains(Self.key))
        }
        // The attempt on its way holds the target as it is, and the credential unseen.
        var request = attempts[0].request
        request.target = "/"
        #expect(!Self.dumped(request).contains(Self.key))
    }

    @Test func `a renewed token and the one before it are known as well`() throws {
        let provider = Moody(
            give: { _ in .bearer(Secret("old-token-123"), identity: "x") },
            renew: { _ in .bearer(Secret("new-token-456"), identity: "x") })
        let rig = try Rig(
            [.status(401)],
            last: .failure(.connectionReset, "old-token-123 then new-token-456"),
            credentials: provider)
        let error = try rig.run { rig in await rig.end(APIRequest(.delete, "/a")) }.error
        #expect(
            (error?.cause as? TransportError)?.message == "<redacted> then <redacted>")
        #expect(!Self.said(rig).contains("token"))
    }

    @Test func `a secret that contains another goes as a whole`() throws {
        let rig = try Rig(
            [], last: .failure(.connectionReset, "key=abcd1234 key=abcd"),
            secrets: [Secret("abcd"), Secret("abcd1234")])
        let error = try rig.run { rig in await rig.end(APIRequest(.post, "/a")) }.error
        #expect((error?.cause as? TransportError)?.message == "key=<redacted> key=<redacted>")
    }

    @Test func `a text too short to be a secret does not take words apart`() throws {
        let rig = try Rig(
            [], last: .failure(.connectionReset, "reset by peer"), secrets: [Secret("e")])
        let error = try rig.run { rig in await rig.end(APIRequest(.post, "/a")) }.error
        #expect((error?.cause as? TransportError)?.message == "reset by peer")
    }

    @Test func `neither parameters nor field values nor bodies are written, whatever they hold`()
        throws
    {
        let personal = "ada@example.com"
        let rig = try Rig([], last: .status(500, body: #"{"who":"ada@example.com"}"#)) {
            $0.isVerbose = true
        }
        let ends = try rig.run { rig async throws in
            [
                await rig.end(
                    APIRequest(
                        .get, "/a", headers: ["X-Who": personal], params: ["who": personal])),
                await rig.end(
                    APIRequest(
                        .post, "/a", headers: ["Host": personal],
                        body: RequestBody(json: Array("\"\(personal)".utf8)))),
            ]
        }
        #expect(ends.allSatisfy { $0.error != nil })
        #expect(!Self.said(rig).contains(personal))
        for end in ends { #expect(!Self.dumped(end.error as Any).contains(personal)) }
    }
}
