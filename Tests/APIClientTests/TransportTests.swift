import APIClient
import HTTPTypes
import SimulatedClient
import Simulation
import Testing
import WindtunnelTesting

@Suite("The scripted transport and the conformance check") struct TransportTests {
    private static let request = TransportRequest(
        .post, authority: "api.example.com", target: "/a?x=1", headerFields: [.eTag: "e"],
        body: Array("{}".utf8))

    private static func problems(
        _ wrap: @escaping @Sendable (ScriptedTransport, Simulation) -> any Transport
    ) throws -> [String] {
        let simulation = Simulation()
        let time = SimulatedTime(simulation)
        let conformance = TransportConformance(time: time) { behaviour in
            let reply: ScriptedReply =
                switch behaviour {
                case .answers(let delay): .status(200, after: delay, body: "{}")
                case .hangs: .hang
                }
            return (wrap(ScriptedTransport(time: time, [reply]), simulation), request)
        }
        return try simulation.run { await conformance.problems() }
    }

    @Test func `the scripted transport conforms`() throws {
        #expect(try Self.problems { transport, _ in transport } == [])
    }

    @Test(arguments: Flawed.Flaw.allCases)
    func `each broken rule is found`(flaw: Flawed.Flaw) throws {
        let problems = try Self.problems { Flawed(inner: $0, flaw: flaw, simulation: $1) }
        #expect(problems.contains { $0.contains(flaw.rawValue) }, "\(problems)")
    }

    @Test func `a set-up that fails is a problem, too`() throws {
        struct NoServer: Error {}
        let simulation = Simulation()
        let conformance = TransportConformance(time: SimulatedTime(simulation)) { _ in
            throw NoServer()
        }
        let problems = try simulation.run { await conformance.problems() }
        #expect(problems.count == 6)
        #expect(problems.allSatisfy { $0.contains("NoServer") })
    }

    @Test func `keeps every attempt with instant, method, target, fields and body`() throws {
        let simulation = Simulation()
        let transport = ScriptedTransport(
            time: SimulatedTime(simulation),
            [.status(201, after: .seconds(2)), .failure(.truncated, "cut", after: .seconds(1))])
        let ends = try simulation.run {
            var ends: [String] = []
            for _ in 0..<3 {
                do throws(TransportError) {
                    ends.append("\(try await transport.send(Self.request).statusCode)")
                } catch { ends.append("\(error)") }
            }
            return ends
        }
        #expect(ends == ["201", "truncated: cut", "connection_refused: the script is at its end"])
        let attempts = transport.attempts
        #expect(attempts.map(\.instant) == [0, 2 * second, 3 * second])
        #expect(attempts.map(\.ended) == [2 * second, 3 * second, 3 * second])
        #expect(attempts.allSatisfy { $0.method == .post && $0.target == "/a?x=1" })
        #expect(attempts.allSatisfy { $0.headerFields[.eTag] == "e" && $0.body == "{}" })
        #expect(transport.underWayMax == 1)
    }

    @Test func `replies may depend on the request`() throws {
        let simulation = Simulation()
        let transport = ScriptedTransport(time: SimulatedTime(simulation)) { request, index in
            .status(request.target == "/a?x=1" ? 200 + index : 404)
        }
        let statuses = try simulation.run {
            [
                try await transport.send(Self.request).statusCode,
                try await transport.send(Self.request).statusCode,
            ]
        }
        #expect(statuses == [200, 201])
    }
}

/// A transport that breaks one rule of ``Transport``.
struct Flawed: Transport {
    /// The raw value is the name of the check that must find the flaw.
    enum Flaw: String, CaseIterable, Sendable {
        case late = "timeout 1000000000 ns"
        case wrongStatus = "status 500"
        case wrongBody = "the body is not"
        case wrongTimeoutCode = "not timed_out"
        case earlyTimeout = "ns off"
        case wrongCancelCode = "not cancelled"
        case deafToCancellation = "a task cancelled"
    }

    let inner: ScriptedTransport
    let flaw: Flaw
    let simulation: Simulation

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        var request = request
        if flaw == .earlyTimeout { request.timeout -= 1 }
        do {
            var response = try await inner.send(request)
            if flaw == .wrongStatus { response.statusCode = 500 }
            if flaw == .wrongBody { response.body = [] }
            if flaw == .late {
                await simulation.clock.sleepUninterrupted(
                    EventKey(simulation.clock.now.nanoseconds + 1, .wakeUp))
            }
            return response
        } catch {
            switch (flaw, error.code) {
            case (.wrongTimeoutCode, .timedOut): throw TransportError(.connectionReset)
            case (.wrongCancelCode, .cancelled): throw TransportError(.connectionReset)
            case (.deafToCancellation, .cancelled):
                await simulation.clock.sleepUninterrupted(
                    EventKey(simulation.clock.now.nanoseconds + request.timeout, .wakeUp))
                throw error
            default: throw error
            }
        }
    }
}
