import APIClient
import HTTPTypes
import SimulatedClient
import Simulation
import Testing
import WindtunnelTesting

@Suite("Credentials") struct CredentialTests {
    private static let delete = APIRequest(.delete, "/a")

    private static func bearer(_ token: String) -> Credential {
        .bearer(Secret(token), identity: "billing")
    }

    @Test(
        arguments: [
            (.apiKey(Secret("k-123456"), identity: "x"), "X-API-Key", "k-123456"),
            (
                .apiKey(Secret("k-123456"), identity: "x", fieldName: HTTPField.Name("Api-Token")!),
                "Api-Token", "k-123456"
            ),
            (.bearer(Secret("t-123456"), identity: "x"), "Authorization", "Bearer t-123456"),
        ] as [(Credential, String, String)])
    func `go into their field with every send`(
        credential: Credential, name: String, value: String
    ) throws {
        let rig = try Rig([.status(503)], credentials: StaticCredentials(credential))
        try rig.run { rig in _ = try await rig.client.delete("/a") }
        let field = HTTPField.Name(name)!
        #expect(rig.transport.attempts.map { $0.headerFields[field] } == [value, value])
    }

    /// A client on the rig's transport and time, for a provider that waits in the rig's time.
    private static func client(of rig: Rig, _ provider: Moody) throws -> APIClient {
        try APIClient(
            configuration: rig.client.configuration, transport: rig.transport, in: rig.simulation,
            credentials: provider)
    }

    @Test func `take the place of a field that the caller brings`() throws {
        let rig = try Rig([], credentials: StaticCredentials(Self.bearer("t-123456")))
        try rig.run { rig async throws in
            _ = try await rig.client.delete("/a", headers: ["authorization": "mine"])
        }
        let fields = rig.transport.attempts[0].headerFields
        #expect(fields[values: .authorization] == ["Bearer t-123456"])
    }

    @Test func `a provider that throws gives AUTHENTICATION_ERROR and no send`() throws {
        let rig = try Rig([], credentials: Moody(failures: [0]))
        let error = try rig.run { rig in await rig.end(Self.delete) }.error
        #expect(error?.code == .authenticationError)
        #expect(error?.origin == .client)
        #expect(error?.statusCode == nil)
        #expect(rig.sends.isEmpty)
    }

    @Test func `are asked for again at every attempt, so that a rotated key is used`() throws {
        let provider = Moody(give: { Self.bearer("token-\($0)") })
        let rig = try Rig([.status(503), .status(503)], credentials: provider)
        try rig.run { rig in _ = try await rig.client.delete("/a") }
        let sent = rig.transport.attempts.map { $0.headerFields[.authorization] }
        #expect(sent == (0..<3).map { "Bearer token-\($0)" })
    }

    @Test func `a 401 with a refreshed credential sends once more, besides the retries`() throws {
        let provider = Moody(
            give: { _ in Self.bearer("old-token") }, renew: { _ in Self.bearer("new-token") })
        let rig = try Rig([.status(401)], last: .status(503), credentials: provider)
        try rig.run { rig in _ = await rig.end(Self.delete) }
        let sent = rig.transport.attempts.map { $0.headerFields[.authorization] }
        #expect(sent == ["Bearer old-token"] + .init(repeating: "Bearer new-token", count: 4))
        #expect(rig.sends[1] == 0)
    }

    @Test(arguments: [HTTPRequest.Method.post, .patch])
    func `a 401 is answered anew whatever the method: nothing has happened yet`(
        method: HTTPRequest.Method
    ) throws {
        let provider = Moody(
            give: { _ in Self.bearer("old-token") }, renew: { _ in Self.bearer("new-token") })
        let rig = try Rig([.status(401)], credentials: provider)
        let end = try rig.run { rig in await rig.end(APIRequest(method, "/a")) }
        #expect(end.response?.statusCode == 200)
        #expect(rig.sends.count == 2)
    }

    @Test func `a second 401 is AUTHENTICATION_ERROR`() throws {
        let provider = Moody(
            give: { _ in Self.bearer("old-token") }, renew: { _ in Self.bearer("new-token") })
        let rig = try Rig([], last: .status(401), credentials: provider)
        let error = try rig.run { rig in await rig.end(Self.delete) }.error
        #expect(error?.code == .authenticationError)
        #expect(error?.origin == .upstream)
        #expect(error?.statusCode == 401)
        #expect(rig.sends.count == 2)
    }

    @Test(arguments: [true, false])
    func `a 401 without a refreshed credential is AUTHENTICATION_ERROR`(throwing: Bool) throws {
        let provider = Moody(
            give: { _ in Self.bearer("old-token") },
            renew: { _ in if throwing { throw Moody.Refused() } else { nil } })
        let rig = try Rig([], last: .status(401), credentials: provider)
        let error = try rig.run { rig in await rig.end(Self.delete) }.error
        #expect(error?.code == .authenticationError)
        #expect(error?.statusCode == 401)
        #expect(rig.sends.count == 1)
    }

    @Test func `that come after the deadline come too late: nothing is sent`() throws {
        let rig = try Rig([])
        let slow = Moody(give: { _ in
            await rig.sleep(for: 30 * second)
            return nil
        })
        let client = try Self.client(of: rig, slow)
        let error = #expect(throws: APIError.self) {
            try rig.run { _ in try await client.delete("/a") }
        }
        #expect(error?.code == .timeout)
        #expect(error?.origin == .client)
        #expect(rig.sends.isEmpty)
    }

    @Test func `that never come hold a request no longer than its deadline`() throws {
        let rig = try Rig([])
        let hanging = Moody(give: { _ in
            try? await rig.simulation.clock.sleep(for: .seconds(1_000_000))
            return nil
        })
        let client = try Self.client(of: rig, hanging)
        let error = #expect(throws: APIError.self) {
            try rig.run { _ in try await client.delete("/a") }
        }
        #expect(error?.code == .timeout)
        #expect(error?.origin == .client)
        #expect(rig.sends.isEmpty)
        #expect(rig.now == 30 * second)
    }

    @Test func `that are never renewed leave the 401, at the deadline`() throws {
        let rig = try Rig([.status(401)])
        let hanging = Moody(
            give: { _ in Self.bearer("old-token") },
            renew: { _ in
                try await rig.simulation.clock.sleep(for: .seconds(1_000_000))
                return nil
            })
        let client = try Self.client(of: rig, hanging)
        let error = #expect(throws: APIError.self) {
            try rig.run { _ in try await client.delete("/a") }
        }
        #expect(error?.code == .authenticationError)
        #expect(error?.statusCode == 401)
        #expect(rig.sends.count == 1)
        #expect(rig.now == 30 * second)
    }

    @Test func `that come too late for a retry leave the last failure's code`() throws {
        let rig = try Rig([], last: .status(503))
        let slow = Moody(give: { question in
            if question == 1 { await rig.sleep(for: 30 * second) }
            return nil
        })
        let client = try Self.client(of: rig, slow)
        let error = #expect(throws: APIError.self) {
            try rig.run { _ in try await client.delete("/a") }
        }
        #expect(error?.code == .serverError)
        #expect(error?.statusCode == 503)
        #expect(rig.sends.count == 1)
    }

    @Test func `a cancellation while they are fetched is CANCELLED, not AUTHENTICATION_ERROR`()
        throws
    {
        let rig = try Rig([])
        let slow = Moody(give: { _ in
            try? await rig.simulation.clock.sleep(for: .seconds(9))
            return nil
        })
        let client = try Self.client(of: rig, slow)
        let code = try rig.run { rig async throws in
            await withTaskGroup(of: APIError.Code?.self) { group in
                group.addTask {
                    do throws(APIError) {
                        _ = try await client.delete("/a")
                        return nil
                    } catch { return error.code }
                }
                await rig.sleep(for: second)
                group.cancelAll()
                return await group.next() ?? nil
            }
        }
        #expect(code == .cancelled)
        #expect(rig.sends.isEmpty)
        #expect(rig.now == second)
    }
}
