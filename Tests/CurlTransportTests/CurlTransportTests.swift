import APIClient
import CurlTransport
import HTTPTypes
import Synchronization
import Testing
import WindtunnelTesting

@Suite("CurlTransport", .timeLimit(.minutes(1))) struct CurlTransportTests {
    @Test(arguments: [false, true])
    func `keeps the rules of transports`(isOnOwnThread: Bool) async throws {
        let transport = try CurlTransport()
        // A thread that no other test holds up, as the global pool's are.
        let other = try CurlTransport()
        let peers = Mutex<[Peer]>([])
        let conformance = TransportConformance(
            // Wide: the machine may be busy. A cancellation that does nothing would be 1.5 s off.
            time: ClockTimeSource(.continuous), timeout: .seconds(2),
            tolerance: .seconds(1)
        ) { behaviour in
            let steps: [Peer.Step] =
                switch behaviour {
                case .answers(let delay): [.read, .sleep(delay), answer("{}"), .hang]
                case .hangs: [.read, .hang]
                }
            let peer = try Peer(steps)
            peers.withLock { $0.append(peer) }
            return (transport, get(peer))
        }
        let problems = await withTaskExecutorPreference(
            isOnOwnThread ? transport.executor : other.executor
        ) { await conformance.problems() }
        #expect(problems == [])
        for peer in peers.withLock({ $0 }) { peer.end() }
    }

    @Test func `serves many tasks at once`() async throws {
        let steps = Array(repeating: [Peer.Step.read, answer("{}")], count: 200).flatMap { $0 }
        let peer = try Peer(steps)
        defer { peer.end() }
        let transport = try CurlTransport(CurlConfiguration(connectionsPerHostMax: 8))
        for executor in [nil, transport.executor] {
            let sum = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<200 {
                    group.addTask(executorPreference: executor) {
                        (try? await transport.send(get(peer)))?.statusCode ?? 0
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(sum == 200 * 200)
        }
        #expect(peer.requests.count == 400)
    }

    @Test(arguments: [false, true])
    func `a cancelled task takes its transfer down`(isOnOwnThread: Bool) async throws {
        let peer = try Peer([.read, .hang])
        defer { peer.end() }
        let transport = try CurlTransport()
        let task = Task(executorPreference: isOnOwnThread ? transport.executor : nil) {
            try await transport.send(get(peer))
        }
        try await until { peer.requests.count == 1 }
        task.cancel()
        let result = await task.result
        #expect(throws: TransportError(.cancelled)) { try result.get() }
        try await until { peer.openConnections == 0 }
    }

    @Test func `closing ends every transfer with cancelled, and later sends at once`() async throws
    {
        let peer = try Peer([.read, .hang])
        defer { peer.end() }
        let transport = try CurlTransport()
        let codes = await withTaskGroup(of: TransportError.Code?.self) { group in
            for index in 0..<6 {
                // Some on the thread that ends.
                group.addTask(executorPreference: index % 2 == 0 ? transport.executor : nil) {
                    await code(of: transport, peer)
                }
            }
            try? await until { peer.requests.count == 6 }
            transport.close()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes == Array(repeating: .cancelled, count: 6))
        try await until { peer.openConnections == 0 }
        #expect(await code(of: transport, peer) == .cancelled)
        // Twice is once; and the executor still runs what it is given.
        transport.close()
        let task = Task(executorPreference: transport.executor) { 7 }
        #expect(await task.value == 7)
    }

    @Test func `a transport that nobody holds any more ends by itself`() async throws {
        let peer = try Peer([.read, answer("{}"), .hang])
        defer { peer.end() }
        var transport: CurlTransport? = try CurlTransport()
        weak let weakly = transport
        #expect(try await transport?.send(get(peer)).statusCode == 200)
        #expect(peer.openConnections == 1)
        transport = nil
        #expect(weakly == nil)
        try await until { peer.openConnections == 0 }
    }

    @Test func `the last holder may be a task on its own thread`() async throws {
        let peer = try Peer([.read, answer("{}"), .hang])
        defer { peer.end() }
        let task = try start(peer)
        #expect(try await task.value == 200)
        try await until { peer.openConnections == 0 }
    }

    /// Starts a task that holds the only reference to the transport.
    private func start(_ peer: Peer) throws -> Task<Int, any Error> {
        let transport = try CurlTransport()
        return Task(executorPreference: transport.executor) {
            try await transport.send(get(peer)).statusCode
        }
    }

    @Test func `the whole client works over it, retries and errors included`() async throws {
        let peer = try Peer(
            [.read, .reset], [.read, answer("{}", status: "503 Busy"), .finish],
            [.read, answer("{\"id\":7}"), .hang])
        defer { peer.end() }
        let transport = try CurlTransport()
        let client = try APIClient(
            configuration: APIClient.Configuration(
                baseURL: "http://\(peer.authority)",
                retry: RetryPolicy(
                    delayBase: .milliseconds(1), delayMax: .milliseconds(1), jitter: .none)),
            transport: transport)
        let response = try await client.execute(APIRequest(.get, "/v1/things/7"))
        #expect(response.statusCode == 200)
        #expect(peer.requests.count == 3)
    }

    private func code(
        of transport: CurlTransport, _ peer: Peer
    ) async -> TransportError.Code? {
        do throws(TransportError) {
            _ = try await transport.send(get(peer))
            return nil
        } catch {
            return error.code
        }
    }

    private func until(_ condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while !condition() {
            try #require(ContinuousClock.now < deadline, "it never came to pass")
            await Task.yield()
        }
    }
}
