import APIClient
import HTTPTypes
import SimulatedClient
import Testing
import WindtunnelTesting

@Suite("The circuit breaker in the client") struct BreakerTests {
    private static let get = APIRequest(.get, "/a", useCache: false)

    /// Retries are off: one request, one attempt.
    private func rig(
        totalTimeout: Duration = .seconds(30), requestTimeout: Duration = .seconds(5),
        _ reply: @escaping @Sendable (Int) -> ScriptedReply
    ) throws -> Rig {
        try Rig(
            configure: {
                $0.retry.isEnabled = false
                $0.totalTimeout = totalTimeout
                $0.requestTimeout = requestTimeout
            }, reply: { _, index in reply(index) })
    }

    private static func fail(_ rig: Rig, _ count: Int) async {
        for _ in 0..<count {
            let end = await rig.end(get)
            #expect(end.error?.code == .serverError)
        }
    }

    @Test func `opens at the fifth failure of more than half, and then fails fast with no send`()
        throws
    {
        let rig = try rig { _ in .status(500) }
        try rig.run { rig async throws in
            await Self.fail(rig, 5)
            let before = rig.now
            let error = await rig.end(Self.get).error
            #expect(error?.code == .circuitBreakerOpen)
            #expect(error?.retryAfter == .seconds(30))
            #expect(rig.now == before)
        }
        #expect(rig.sends.count == 5)
    }

    @Test func `stays closed while the failures are not more than half`() throws {
        // 6 successes, then failures: the seventh is the first that makes more than half.
        let rig = try rig { $0 < 6 ? .status(200) : .status(500) }
        try rig.run { rig async throws in
            for _ in 0..<6 { _ = await rig.end(Self.get) }
            await Self.fail(rig, 7)
            #expect(await rig.end(Self.get).error?.code == .circuitBreakerOpen)
        }
        #expect(rig.sends.count == 13)
    }

    @Test func `four failures, five idle minutes, one failure: stays closed`() throws {
        let rig = try rig { _ in .status(500) }
        try rig.run { rig async throws in
            await Self.fail(rig, 4)
            await rig.sleep(for: 300 * second)
            await Self.fail(rig, 5)
            #expect(await rig.end(Self.get).error?.code == .circuitBreakerOpen)
        }
        #expect(rig.sends.count == 9)
    }

    @Test(arguments: [(59_999, true), (60_000, false), (61_500, false)] as [(Int64, Bool)])
    func `the window counts right across a bucket's border`(
        milliseconds: Int64, isCounted: Bool
    ) throws {
        let rig = try rig { _ in .status(500) }
        try rig.run { rig async throws in
            await Self.fail(rig, 4)
            await rig.sleep(until: milliseconds * millisecond)
            await Self.fail(rig, 1)
            let code = await rig.end(Self.get).error?.code
            #expect(code == (isCounted ? .circuitBreakerOpen : .serverError))
        }
    }

    @Test(arguments: [
        ScriptedReply.status(408), .status(429), .status(404), .status(200),
    ])
    func `what is no failure never opens it`(reply: ScriptedReply) throws {
        let rig = try rig { _ in reply }
        try rig.run { rig async throws in
            for _ in 0..<50 {
                #expect(await rig.end(Self.get).error?.code != .circuitBreakerOpen)
            }
        }
        #expect(rig.sends.count == 50)
    }

    @Test func `an answer that does not decide leaves the totals alone`() throws {
        // 100 answers of 429 would drown 5 failures if they counted as successes.
        let rig = try rig { $0 < 100 ? .status(429) : .status(500) }
        try rig.run { rig async throws in
            for _ in 0..<100 { _ = await rig.end(Self.get) }
            await Self.fail(rig, 5)
            #expect(await rig.end(Self.get).error?.code == .circuitBreakerOpen)
        }
    }

    @Test func `an attempt timeout that the deadline cut short is neutral`() throws {
        let rig = try rig(totalTimeout: .seconds(4)) { _ in .hang }
        try rig.run { rig async throws in
            for _ in 0..<20 { #expect(await rig.end(Self.get).error?.code == .timeout) }
        }
        #expect(rig.sends.count == 20)
    }

    @Test func `a refused retry gives CIRCUIT_BREAKER_OPEN with the last failure as its cause`()
        throws
    {
        let rig = try Rig([], last: .status(502)) { $0.retry.retriesMax = 10 }
        let error = try rig.run { rig in await rig.end(Self.get) }.error
        #expect(error?.code == .circuitBreakerOpen)
        let cause = error?.cause as? APIError
        #expect(cause?.code == .serverError)
        #expect(cause?.statusCode == 502)
        #expect(rig.sends.count == 5)
    }

    @Test func `half-open with 100 concurrent callers lets exactly one probe through at a time`()
        throws
    {
        // Neither a 429 nor a cancellation decides: the next one may probe.
        let rig = try rig {
            switch $0 {
            case 0..<5: .status(500)
            case 5, 6: .status(429, after: .seconds(1))
            default: .status(200, after: .seconds(1))
            }
        }
        try rig.run { rig async throws in
            await Self.fail(rig, 5)
            await rig.sleep(for: 30 * second)
            for round in 0..<3 {
                let ends = await rig.ends(of: Array(repeating: Self.get, count: 100))
                #expect(rig.sends.count == 6 + round)
                let refused = ends.filter { $0.error?.code == .circuitBreakerOpen }
                #expect(refused.count == 99)
                // Until then the probe has ended one way or the other.
                #expect(refused.allSatisfy { $0.error?.retryAfter == .seconds(5) })
            }
            #expect(rig.transport.underWayMax == 1)
            // One success closes it.
            let ends = await rig.ends(of: Array(repeating: Self.get, count: 100))
            #expect(ends.allSatisfy { $0.response != nil })
        }
        #expect(rig.sends.count == 108)
    }

    @Test func `stays open until exactly its time, and one failure of a probe re-opens it`() throws
    {
        let rig = try rig { $0 < 6 ? .status(500) : .status(200) }
        try rig.run { rig async throws in
            await Self.fail(rig, 5)
            await rig.sleep(until: 30 * second - 1)
            #expect(await rig.end(Self.get).error?.retryAfter == .nanoseconds(1))
            await rig.sleep(until: 30 * second)
            await Self.fail(rig, 1)
            await rig.sleep(until: 60 * second - 1)
            #expect(await rig.end(Self.get).error?.code == .circuitBreakerOpen)
            await rig.sleep(until: 60 * second)
            #expect(await rig.end(Self.get).response?.statusCode == 200)
        }
        #expect(rig.sends.count == 7)
    }

    @Test func `closing clears the window`() throws {
        let rig = try rig { $0 == 5 ? .status(200) : .status(500) }
        try rig.run { rig async throws in
            await Self.fail(rig, 5)
            await rig.sleep(for: 30 * second)
            #expect(await rig.end(Self.get).response != nil)
            // Not one of the old failures counts any more.
            await Self.fail(rig, 5)
            #expect(await rig.end(Self.get).error?.code == .circuitBreakerOpen)
        }
    }

    @Test func `a cancelled probe gives its permit back`() throws {
        let rig = try rig { $0 < 5 ? .status(500) : $0 == 5 ? .hang : .status(200) }
        try rig.run { rig async throws in
            await Self.fail(rig, 5)
            await rig.sleep(for: 30 * second)
            #expect(await rig.end(Self.get, cancelledAfter: second).error?.code == .cancelled)
            #expect(await rig.end(Self.get).response?.statusCode == 200)
        }
        #expect(rig.sends.suffix(2) == [30 * second, 31 * second])
    }

    @Test func `a probe that was never sent gives its permit back`() throws {
        let rig = try Rig(
            credentials: Moody(failures: [5]), configure: { $0.retry.isEnabled = false },
            reply: { _, index in index < 5 ? .status(500) : .status(200) })
        try rig.run { rig async throws in
            await Self.fail(rig, 5)
            await rig.sleep(for: 30 * second)
            #expect(await rig.end(Self.get).error?.code == .authenticationError)
            #expect(await rig.end(Self.get).response?.statusCode == 200)
        }
        #expect(rig.sends.count == 6)
    }

    @Test func `a probe that times out re-opens it`() throws {
        let rig = try rig { $0 < 5 ? .status(500) : .hang }
        try rig.run { rig async throws in
            await Self.fail(rig, 5)
            await rig.sleep(for: 30 * second)
            #expect(await rig.end(Self.get).error?.code == .timeout)
            let error = await rig.end(Self.get).error
            #expect(error?.code == .circuitBreakerOpen)
            #expect(error?.retryAfter == .seconds(30))
        }
    }

    @Test func `a hung probe cannot block recovery for ever, and its late answer changes nothing`()
        throws
    {
        let rig = try rig { $0 < 5 ? .status(500) : .status(200) }
        // This transport ignores the timeout. It must not block the other requests.
        let hung = Forgetful(rig.transport, index: 5, until: 1_000 * second, rig)
        let client = try APIClient(
            configuration: rig.client.configuration, transport: hung, in: rig.simulation)
        try rig.run { rig async throws in
            @Sendable func code() async -> APIError.Code? {
                do throws(APIError) {
                    _ = try await client.execute(Self.get)
                    return nil
                } catch { return error.code }
            }
            for _ in 0..<5 { #expect(await code() == .serverError) }
            await rig.sleep(until: 30 * second)
            async let probe = code()
            await rig.sleep(until: 35 * second - 1)
            #expect(await code() == .circuitBreakerOpen)
            // Failed at 35 s, so open until 65 s.
            await rig.sleep(until: 65 * second - 1)
            #expect(await code() == .circuitBreakerOpen)
            await rig.sleep(until: 65 * second)
            #expect(await code() == nil)
            #expect(await probe == nil)
            #expect(rig.now == 1_000 * second)
        }
        #expect(rig.sends.count == 7)
    }

    @Test(arguments: [200, 500])
    func `a late result from before a transition changes nothing`(status: Int) throws {
        let rig = try rig(totalTimeout: .seconds(60), requestTimeout: .seconds(60)) {
            switch $0 {
            case 0: .status(status, after: .seconds(45))
            case 1...5, 7...10: .status(500)
            default: .status(200)
            }
        }
        try rig.run { rig async throws in
            async let late = rig.end(Self.get)
            await rig.sleep(for: 1)
            await Self.fail(rig, 5)
            if status == 200 {
                // Open since then, due for a probe, and the late success does not close it.
                await rig.sleep(until: 46 * second)
                async let probe = rig.end(Self.get)
                async let other = rig.end(Self.get)
                let codes = [await probe.error?.code, await other.error?.code]
                #expect(codes == [nil, .circuitBreakerOpen])
            } else {
                // Closed again since then, and the late failure is not the fifth.
                await rig.sleep(until: 40 * second)
                #expect(await rig.end(Self.get).response != nil)
                await Self.fail(rig, 4)
                await rig.sleep(until: 46 * second)
                #expect(await rig.end(Self.get).response != nil)
            }
            _ = await late
        }
    }

    @Test func `an open breaker refuses at once even when the limiter would wait`() throws {
        let rig = try Rig([], last: .status(500)) {
            $0.retry.isEnabled = false
            $0.limiter.sendsPerMinute = 5
            $0.totalTimeout = .seconds(200)
            $0.breaker.openDuration = .seconds(100)
        }
        try rig.run { rig async throws in
            await Self.fail(rig, 5)
            #expect(await rig.end(Self.get).error?.code == .circuitBreakerOpen)
            #expect(rig.now == 0)
        }
    }

    @Test func `no permit is held through the limiter's wait`() throws {
        let rig = try Rig(
            configure: {
                $0.retry.isEnabled = false
                $0.limiter.sendsPerMinute = 5
                $0.totalTimeout = .seconds(200)
            }, reply: { _, index in index < 5 ? .status(500) : .status(200) })
        try rig.run { rig async throws in
            await Self.fail(rig, 5)
            await rig.sleep(until: 31 * second)
            // Due for a probe, but the limiter has no room before 60 s.
            async let first = rig.end(Self.get)
            await rig.sleep(until: 32 * second)
            async let other = rig.end(Self.get)
            #expect(await first.response?.statusCode == 200)
            #expect(await other.response?.statusCode == 200)
        }
        #expect(rig.sends.suffix(2) == [60 * second, 60 * second])
    }

    @Test func `a breaker that is off lets everything through`() throws {
        let rig = try Rig([], last: .status(500)) {
            $0.retry.isEnabled = false
            $0.breaker.isEnabled = false
        }
        try rig.run { rig in await Self.fail(rig, 50) }
        #expect(rig.sends.count == 50)
    }

    @Test func `clients that share a breaker's store share its state`() throws {
        let store = LocalBreakerStore(
            CircuitBreaker(policy: BreakerPolicy(), probeTimeout: 5 * second))
        let rig = try rig { _ in .status(500) }
        let clients = try (0..<2).map { index in
            try APIClient(
                configuration: rig.client.configuration, transport: rig.transport,
                in: rig.simulation, breakerStore: store, identity: index)
        }
        try rig.run { rig async throws in
            for index in 0..<5 { _ = try? await clients[index % 2].execute(Self.get) }
            for client in clients {
                await #expect(throws: APIError.self) { try await client.execute(Self.get) }
            }
        }
        #expect(rig.sends.count == 5)
    }
}

/// A transport that delivers the answer to one send long after its timeout.
private struct Forgetful: Transport {
    let inner: ScriptedTransport
    let index: Int
    let instant: Int64
    let rig: Rig

    init(_ inner: ScriptedTransport, index: Int, until instant: Int64, _ rig: Rig) {
        self.inner = inner
        self.index = index
        self.instant = instant
        self.rig = rig
    }

    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        let isIt = inner.attempts.count == index
        let response = try await inner.send(request)
        if isIt { await rig.sleep(until: instant) }
        return response
    }
}
