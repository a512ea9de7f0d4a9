import APIClient
import KeyedChance
import HTTPTypes
import SimulatedClient
import Testing
import WindtunnelTesting

@Suite("The client's own limit") struct LimiterTests {
    private static let delete = APIRequest(.delete, "/a")

    private func rig(
        _ limit: Int, _ reply: ScriptedReply = .status(200),
        _ configure: (inout APIClient.Configuration) -> Void = { _ in }
    ) throws -> Rig {
        try Rig([], last: reply) {
            $0.limiter.sendsPerMinute = limit
            configure(&$0)
        }
    }

    /// A client with that limit on the rig's transport.
    private static func client(
        _ rig: Rig, _ limit: Int, firstCredentialsTake time: Int64
    ) throws -> APIClient {
        let slow = Moody(give: { question in
            if question == 0 { await rig.sleep(for: time) }
            return nil
        })
        var configuration = rig.client.configuration
        configuration.limiter.sendsPerMinute = limit
        configuration.totalTimeout = .seconds(300)
        return try APIClient(
            configuration: configuration, transport: rig.transport, in: rig.simulation,
            credentials: slow)
    }

    /// The largest number of sends in any window of 60 s that includes both its ends.
    private static func densest(_ sends: [Int64]) -> Int {
        sends.indices.map { first in
            sends[first...].prefix { $0 < sends[first] + 60 * second }.count
        }.max() ?? 0
    }

    @Test(arguments: 0..<16 as Range<UInt64>)
    func `sends in any 60 s are never over it, with many tasks and random arrivals`(
        seed: UInt64
    ) throws {
        let rig = try Rig(
            seed: seed,
            configure: {
                $0.limiter.sendsPerMinute = 20
                $0.totalTimeout = .seconds(100)
                $0.breaker.isEnabled = false
            },
            reply: { _, index in
                switch index % 5 {
                case 0: .status(503, after: .milliseconds(300))
                case 1: .hang
                default: .status(200, after: .milliseconds(80))
                }
            })
        let cancelled = 7 as UInt64
        try rig.run { rig async throws in
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<300 as Range<UInt64> {
                    group.addTask {
                        var chance = Chance(
                            seed: seed, stream: Chance.Stream("arrival"), request: number)
                        await rig.sleep(until: Int64(chance.below(600)) * second)
                        if number % 10 == cancelled {
                            _ = await rig.end(Self.delete, cancelledAfter: second)
                        } else {
                            _ = await rig.end(Self.delete)
                        }
                    }
                }
            }
        }
        #expect(Self.densest(rig.sends) == 20)
        #expect(rig.sends.count > 150)
    }

    @Test func `a send exactly 60 s after the last of N is allowed`() throws {
        let rig = try rig(3) { $0.totalTimeout = .seconds(200) }
        try rig.run { rig in _ = await rig.ends(of: Array(repeating: Self.delete, count: 7)) }
        #expect(rig.sends == [0, 0, 0, 60, 60, 60, 120].map { $0 * second })
    }

    @Test func `waits within the deadline, and its wait is seen`() throws {
        let rig = try rig(1) { $0.totalTimeout = .seconds(61) }
        let witness = Witness()
        try rig.run { rig async throws in
            _ = try await rig.client.delete("/a")
            _ = try await rig.client.execute(Self.delete, observer: witness)
        }
        #expect(rig.sends == [0, 60 * second])
        #expect(witness.waits.map(\.start) == [0])
        #expect(witness.waits.map(\.wait.reason) == [.limiter])
        #expect(witness.waits.map(\.wait.until) == [60 * second])
    }

    @Test(arguments: [60, 30])
    func `a wait that would not end before the deadline is refused at once, with origin client`(
        seconds: Int
    ) throws {
        let rig = try rig(1) { $0.totalTimeout = .seconds(seconds) }
        let error = try rig.run { rig async throws in
            _ = try await rig.client.delete("/a")
            return await rig.end(Self.delete).error
        }
        #expect(error?.code == .rateLimitExceeded)
        #expect(error?.origin == .client)
        #expect(error?.statusCode == nil)
        #expect(error?.retryAfter == .seconds(60))
        #expect(rig.sends.count == 1)
        #expect(rig.now == 0)
    }

    /// The limit is 1, and sends happen at 0, 60, 120 s and so on. The waiting requests are told
    /// 60, 120, 180 and 240 s. The first two give up after 20 s, so each of the others moves up by
    /// two.
    @Test func `who waits moves up when those ahead give up, and whoever comes later stays behind`()
        throws
    {
        let rig = try rig(1) { $0.totalTimeout = .seconds(300) }
        try rig.run { rig async throws in
            _ = await rig.end(Self.delete)
            await withTaskGroup(of: Void.self) { group in
                for number in 1...2 {
                    let request = APIRequest(.delete, "/\(number)")
                    group.addTask { _ = await rig.end(request, cancelledAfter: 20 * second) }
                }
                for number in 3...4 {
                    let request = APIRequest(.delete, "/\(number)")
                    group.addTask { _ = await rig.end(request) }
                }
                group.addTask {
                    await rig.sleep(until: 30 * second)
                    _ = await rig.end(APIRequest(.delete, "/5"))
                }
            }
        }
        #expect(rig.sends == [0, 60, 120, 180].map { $0 * second })
        #expect(rig.transport.attempts.map(\.request.target) == ["/a", "/3", "/4", "/5"])
    }

    @Test func `a retry is a send like any other, and a refused one has the last failure as cause`()
        throws
    {
        let rig = try rig(2, .status(503))
        let error = try rig.run { rig in await rig.end(Self.delete) }.error
        #expect(error?.code == .rateLimitExceeded)
        #expect(error?.origin == .client)
        #expect((error?.cause as? APIError)?.statusCode == 503)
        #expect(rig.sends.count == 2)
    }

    @Test func `a cache hit and a follower take no place`() throws {
        let rig = try rig(1)
        let ends = try rig.run { rig async throws in
            await rig.ends(of: Array(repeating: APIRequest(.get, "/a"), count: 20))
        }
        #expect(ends.allSatisfy { $0.response != nil })
        #expect(rig.sends.count == 1)
    }

    @Test func `what was never sent takes no place`() throws {
        let rig = try Rig(
            credentials: Moody(failures: [0, 1]),
            configure: { $0.limiter.sendsPerMinute = 1 }, reply: { _, _ in .status(200) })
        try rig.run { rig async throws in
            for _ in 0..<2 {
                #expect(await rig.end(Self.delete).error?.code == .authenticationError)
            }
            _ = try await rig.client.delete("/a")
        }
        #expect(rig.sends == [0])
    }

    @Test(arguments: [5, 90] as [Int64])
    func `credentials that take their time do not bring sends closer than the limit`(
        seconds: Int64
    ) throws {
        let rig = try Rig([])
        let client = try Self.client(rig, 2, firstCredentialsTake: seconds * second)
        try rig.run { rig async throws in
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { _ = try? await client.delete("/a") } }
            }
        }
        #expect(rig.sends.count == 8)
        #expect(Self.densest(rig.sends) <= 2)
    }

    /// The first request gets its turn at once and gives up while its credentials take 20 s.
    @Test func `a place that is not used after all goes to whoever waits, at once`() throws {
        let rig = try Rig([])
        let client = try Self.client(rig, 1, firstCredentialsTake: 20 * second)
        try rig.run { rig async throws in
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await withTaskGroup(of: Void.self) { group in
                        group.addTask { _ = try? await client.delete("/a") }
                        await rig.sleep(for: 10 * second)
                        group.cancelAll()
                    }
                }
                group.addTask {
                    await rig.sleep(for: second)
                    _ = try? await client.delete("/b")
                }
            }
        }
        #expect(rig.sends == [20 * second])
    }

    @Test func `100 a minute is the default, and 0 is no limit`() throws {
        #expect(LimiterPolicy().sendsPerMinute == 100)
        let rig = try rig(0)
        try rig.run { rig in _ = await rig.ends(of: Array(repeating: Self.delete, count: 500)) }
        #expect(rig.sends.count == 500)
        #expect(rig.now == 0)
    }
}
