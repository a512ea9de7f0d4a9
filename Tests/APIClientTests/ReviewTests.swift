import APIClient
import HTTPTypes
import SimulatedClient
import Simulation
import Testing
import WindtunnelTesting

/// Rules that were broken once and are easily broken again.
@Suite("Rules that a review found broken") struct ReviewTests {
    private static func client(
        _ simulation: Simulation, _ transport: ScriptedTransport,
        credentials: any CredentialProvider = StaticCredentials(nil)
    ) throws -> APIClient {
        try APIClient(
            configuration: .init(baseURL: "https://api.example.com"), transport: transport,
            in: simulation, seed: 1, credentials: credentials)
    }

    @Test func callersWithDifferentFieldsOfTheirOwnShareNoAnswer() throws {
        let simulation = Simulation()
        let transport = ScriptedTransport(
            time: SimulatedTime(simulation),
            [.status(200, body: #"{"of":"alice"}"#), .status(200, body: #"{"of":"bob"}"#)])
        let client = try Self.client(simulation, transport)
        let bodies = try simulation.run {
            var bodies: [[UInt8]] = []
            for token in ["alice", "bob", "alice"] {
                bodies.append(
                    try await client.get("/v1/me", headers: ["X-Auth-Token": token]).body)
            }
            return bodies
        }
        #expect(bodies[0] != bodies[1] && bodies[0] == bodies[2])
        #expect(transport.attempts.count == 2)
    }

    @Test func callersWhoDifferInATraceOrALanguageDoShareOne() throws {
        let simulation = Simulation()
        let transport = ScriptedTransport(
            time: SimulatedTime(simulation), [.status(200, body: "{}"), .status(500)])
        let client = try Self.client(simulation, transport)
        try simulation.run {
            _ = try await client.get(
                "/v1/me", headers: ["traceparent": "00-1", "Accept-Language": "de"])
            _ = try await client.get(
                "/v1/me", headers: ["traceparent": "00-2", "Accept-Language": "en"])
        }
        #expect(transport.attempts.count == 1)
    }

    @Test func aKeyThatTheAnswerBroughtAlongStandsInNoError() throws {
        let simulation = Simulation()
        let transport = ScriptedTransport(
            time: SimulatedTime(simulation),
            [.status(200, body: #"{"alice@example.com":"x"}"#)])
        let client = try Self.client(simulation, transport)
        let error: APIError? = try simulation.run {
            do throws(APIError) {
                _ = try await client.get("/v1/balances", as: [String: Int].self)
                return nil
            } catch {
                return error
            }
        }
        #expect(error?.code == .validationError)
        #expect(error?.fields.map(\.field) == ["body.*"])
        #expect(error?.description.contains("alice") == false)
    }

    /// A provider that takes a long time to refresh a credential.
    private struct SlowRefresh: CredentialProvider {
        let clock: SimulationClock
        var identity: String { "slow" }
        func credential() async throws -> Credential? {
            .bearer(Secret("old-token"), identity: identity)
        }
        func refreshed(after rejected: Credential) async throws -> Credential? {
            try await clock.sleep(for: .seconds(60))
            return .bearer(Secret("new-token"), identity: identity)
        }
    }

    @Test func a401IsNotForgottenWhileCredentialsAreRefreshed() throws {
        let simulation = Simulation()
        let transport = ScriptedTransport(time: SimulatedTime(simulation), [.status(401)])
        let client = try Self.client(
            simulation, transport, credentials: SlowRefresh(clock: simulation.clock))
        let error: APIError? = try simulation.run {
            do throws(APIError) {
                _ = try await client.get("/v1/me")
                return nil
            } catch {
                return error
            }
        }
        #expect(error?.code == .authenticationError && error?.statusCode == 401)
        #expect(transport.attempts.count == 1)
    }

    @Test(.timeLimit(.minutes(1)), arguments: 0..<20)
    func aTaskThatLeftAndSleepsOnTheClockEndsTheRun(run: Int) throws {
        let simulation = Simulation()
        let error = #expect(throws: SimulationError.self) {
            try simulation.run {
                for _ in 0..<4 {
                    Task.detached { try? await simulation.clock.sleep(for: .seconds(1)) }
                }
                for second in 0..<2_000 {
                    try await simulation.clock.sleep(
                        until: .init(nanoseconds: Int64(second)), tolerance: nil)
                }
            }
        }
        #expect(error?.code == .taskEscaped)
    }
}
