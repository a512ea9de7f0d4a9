import APIClient
import Foundation
import HTTPTypes
import MockUpstream
import ScenarioFile
import Simulation
import Synchronization
import Testing
import Upstream

@testable import Flight

/// Per fault kind, plain and over TLS: what the client reports in all three modes, and the `curl` program's exit code.
@Suite(.timeLimit(.minutes(5))) struct TruthTableTests {
    @Test(arguments: FaultKind.all.filter { !$0.needsTLS }, FlightMode.flown)
    func theClientReportsThisOfAFaultOverPlainHTTP(_ kind: FaultKind, _ mode: FlightMode) throws {
        #expect(try report(kind, mode, overTLS: false) == kind.report)
    }

    @Test(arguments: FaultKind.all, FlightMode.flown)
    func theClientReportsThisOfAFaultOverTLS(_ kind: FaultKind, _ mode: FlightMode) throws {
        #expect(try report(kind, mode, overTLS: true) == kind.report)
    }

    @Test(arguments: FaultKind.all.filter { !$0.needsTLS })
    func theCurlProgramSaysThisOfAFaultOverPlainHTTP(_ kind: FaultKind) throws {
        #expect(try curlExit(kind, overTLS: false) == kind.curlExit)
    }

    @Test(arguments: FaultKind.all)
    func theCurlProgramSaysThisOfAFaultOverTLS(_ kind: FaultKind) throws {
        #expect(try curlExit(kind, overTLS: true) == kind.curlExit)
    }

    // MARK: - The product's client

    /// Flies a few requests without retries into the fault and reads the results of the attempts from the trace.
    private func report(
        _ kind: FaultKind, _ mode: FlightMode, overTLS: Bool
    ) throws -> Set<String> {
        // A TLS fault that never becomes active makes the upstream use TLS.
        let other = overTLS && !kind.needsTLS ? ", { at: 1h, expired: true }" : ""
        let plan = try scenario(
            """
            duration: 100ms
            load: [ { rate: 50/s, path: /v1/users, use_cache: false } ]
            upstream: { latency: 1ms, faults: [ { \(kind.fault) }\(other) ] }
            """,
            client: "enable_retry: false, enable_circuit_breaker: false, request_timeout_ms: 700")
        let outcomes = Outcomes()
        var options = FlightOptions(seed: 1, version: "test")
        options.mode = mode
        let result = try FlightRun.fly(plan, options) { (environment) throws(APIError) in
            try SpyingClient(environment, outcomes)
        }
        #expect(result.violated == [])
        #expect(outcomes.count > 0)
        return outcomes.all
    }

    // MARK: - The curl program

    private struct OneDecision: ExchangeSource {
        let decision: Decision
        func performance(of request: ServedRequest) -> Performance {
            Performance(decision: decision, pace: .real)
        }
    }

    private func curlExit(_ kind: FaultKind, overTLS: Bool) throws -> Int32 {
        let plan = try scenario(
            """
            duration: 1s
            load: [ { rate: 1/s, path: /v1/users } ]
            upstream: { latency: 1ms, faults: [ { \(kind.fault) } ] }
            """)
        let model = FaultyUpstream(plan.upstream, seed: 1, epoch: plan.epoch)
        let decision = model.decide(
            ArrivedRequest(method: .get, path: "/v1/users", request: 0), at: 0)
        let certificates = try TestCertificates()
        let server = try MockUpstreamServer(
            MockUpstreamServer.Settings(tls: overTLS ? certificates.tls() : nil),
            source: OneDecision(decision: decision))
        defer { server.stop() }
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "windtunnel-truth-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let authority = try certificates.write(into: folder.path).authority
        let port = try server.port(for: decision.ending)
        let curl = Process()
        curl.executableURL = URL(filePath: "/usr/bin/env")
        curl.arguments = [
            "curl", "--silent", "--compressed", "--http1.1", "--max-time", "1", "--cacert",
            authority,
            "--noproxy", "*", "\(overTLS ? "https" : "http")://127.0.0.1:\(port)/v1/users",
        ]
        curl.standardOutput = FileHandle.nullDevice
        curl.standardError = FileHandle.nullDevice
        try curl.run()
        curl.waitUntilExit()
        return curl.terminationStatus
    }
}

extension FlightMode {
    /// The modes that use the product's client.
    static let flown: [FlightMode] = [.simulated, .wire, .live]
}

extension FaultKind {
    /// The results of all attempts that meet the fault.
    fileprivate var report: Set<String> { [error.map { "\($0)" } ?? "answer"] }
}

/// Records the results of attempts, each kind once.
private final class Outcomes: Sendable {
    private let state = Mutex<(all: Set<String>, count: Int)>(([], 0))
    var all: Set<String> { state.withLock { $0.all } }
    var count: Int { state.withLock { $0.count } }

    func note(_ outcome: String) {
        state.withLock {
            $0.all.insert(outcome)
            $0.count += 1
        }
    }
}

/// The product's own client over a transport that records the outcomes.
private struct SpyingClient: ClientUnderTest {
    private struct Spy: Transport {
        let real: any Transport
        let outcomes: Outcomes

        func send(
            _ request: TransportRequest
        ) async throws(TransportError) -> TransportResponse {
            do {
                let response = try await real.send(request)
                outcomes.note("answer")
                return response
            } catch {
                outcomes.note("\(error.code)")
                throw error
            }
        }
    }

    private let client: APIClient

    init(_ environment: ClientEnvironment, _ outcomes: Outcomes) throws(APIError) {
        client = try environment.makeAPIClient(
            transport: Spy(real: environment.transport, outcomes: outcomes))
    }

    func execute(
        _ request: APIRequest, on line: RequestContext
    ) async throws(APIError) -> APIResponse {
        try await client.execute(request, on: line)
    }
}
