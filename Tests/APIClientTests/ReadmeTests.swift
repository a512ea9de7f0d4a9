import APIClient
import HTTPTypes
import SimulatedClient
import Simulation
import Testing
import WindtunnelTesting

/// The README's two programs, copied from there.
@Suite struct ReadmeTests {
    struct MyTransport: Transport {
        func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
            // Send request.method, request.scheme, request.authority, request.target,
            // request.headerFields and request.body by the HTTP library of your choice.
            // Throw TransportError(.timedOut) once request.timeout nanoseconds have passed.
            throw TransportError(.connectionRefused)
        }
    }

    struct User: Decodable { var name: String }

    @Test func aClientWithATransportOfOnesOwnSaysWhatWentWrong() async throws {
        var configuration = APIClient.Configuration(baseURL: "https://api.example.com")
        // The README's client waits out its backoffs on the machine's clock; a test does not.
        configuration.retry.isEnabled = false
        let client = try APIClient(
            configuration: configuration,
            transport: MyTransport(),
            credentials: StaticCredentials(.apiKey(Secret("the key"), identity: "billing")))
        do {
            let user = try await client.get("/v1/users/7", as: User.self)
            Issue.record("nobody listens, and yet \(user.name) came")
        } catch {
            #expect(error.code == .serverError)
            #expect(error.userMessage == "External service error")
        }
    }

    @Test func twoFailuresAreRetriedAway() throws {
        let simulation = Simulation()
        let transport = ScriptedTransport(
            time: SimulatedTime(simulation), [.status(503), .hang, .status(200, body: "{}")])
        let client = try APIClient(
            configuration: .init(baseURL: "https://api.example.com"), transport: transport,
            in: simulation, seed: 7)
        let status = try simulation.run { try await client.get("/v1/users").statusCode }
        #expect(status == 200)
        #expect(transport.attempts.count == 3)
        #expect(simulation.clock.now.nanoseconds >= 5_000_000_000)  // the second one timed out
    }
}
