import APIClient
import HTTPTypes
import Testing
import WindtunnelTesting

@Suite("Single flight") struct SingleFlightTests {
    private static let get = APIRequest(.get, "/a")

    private func rig(
        totalTimeout: Duration = .seconds(30),
        _ reply: @escaping @Sendable (TransportRequest, Int) -> ScriptedReply
    ) throws -> Rig {
        try Rig(
            configure: {
                $0.retry.isEnabled = false
                $0.totalTimeout = totalTimeout
            }, reply: reply)
    }

    @Test func `50 concurrent misses make one upstream call`() throws {
        let rig = try rig { _, index in .status(200, after: .seconds(1), body: "\(index)") }
        let ends = try rig.run { rig async throws in
            await rig.ends(of: Array(repeating: Self.get, count: 50))
        }
        #expect(rig.sends == [0])
        #expect(ends.compactMap(\.response).count == 50)
        #expect(ends.filter { $0.response?.cached == true }.count == 49)
        #expect(Set(ends.map { $0.response?.responseTimeMs }) == [1_000])
        #expect(Set(ends.compactMap { $0.response?.correlationID }).count == 50)
        for end in ends { #expect(try end.response?.data() == 0) }
    }

    @Test func `other parameters, fields and callers fly for themselves`() throws {
        let rig = try rig { _, _ in .status(200, after: .seconds(1)) }
        try rig.run { rig async throws in
            _ = await rig.ends(of: [
                Self.get, APIRequest(.get, "/b"), APIRequest(.get, "/a", params: ["x": "1"]),
                APIRequest(.get, "/a", headers: ["X-A": "1"]),
                APIRequest(.get, "/a", headers: ["X-A": "\u{e9}"]),
                APIRequest(.get, "/a", headers: ["X-A": "e\u{301}"]),
                APIRequest(.get, "/a", useCache: false),
                APIRequest(.get, "/a", headers: ["Authorization": "x"]),
            ])
        }
        #expect(rig.sends.count == 8)
    }

    @Test func `a failed leader does not fail its followers blindly: the oldest leads on`() throws {
        let rig = try rig { _, index in
            .status(index < 2 ? 500 : 200, after: .seconds(1), body: "\(index)")
        }
        let ends = try rig.run { rig async throws in
            await rig.ends(of: Array(repeating: Self.get, count: 10))
        }
        #expect(rig.sends == [0, second, 2 * second])
        #expect(
            ends.map { $0.error?.code } == [.serverError, .serverError]
                + .init(repeating: nil, count: 8))
        #expect(ends[2].response?.cached == false)
        #expect(ends.suffix(7).allSatisfy { $0.response?.cached == true })
    }

    @Test func `a cancelled leader hands over at once`() throws {
        let rig = try rig { _, _ in .status(200, after: .seconds(2)) }
        let (leader, followers) = try rig.run { rig async throws in
            async let leader = rig.end(Self.get, cancelledAfter: second)
            await rig.sleep(for: 1)
            let followers = await rig.ends(of: [Self.get, Self.get])
            return (await leader, followers)
        }
        #expect(leader.error?.code == .cancelled)
        #expect(followers.map { $0.response?.cached } == [false, true])
        #expect(rig.sends == [0, second])
    }

    @Test func `a follower leads on within its own deadline only`() throws {
        let rig = try rig(totalTimeout: .seconds(8)) { _, _ in .hang }
        let followers = try rig.run { rig async throws in
            async let leader = rig.end(Self.get)
            await rig.sleep(for: second)
            let followers = await rig.ends(of: [Self.get, Self.get])
            _ = await leader
            return followers
        }
        // The first gets what is left of its 8 s, the second nothing.
        #expect(followers.map { $0.error?.code } == [.timeout, .timeout])
        #expect(rig.sends == [0, 5 * second])
        #expect(rig.transport.attempts.map(\.request.timeout) == [5 * second, 4 * second])
        #expect(rig.now == 9 * second)
    }

    @Test func `a follower waits no longer than its deadline for a leader with a later one`() throws
    {
        let rig = try Rig([], last: .status(503)) {
            $0.totalTimeout = .seconds(10)
            $0.retry.retriesMax = 1_000
            $0.retry.delayBase = .seconds(4)
            $0.retry.jitter = .none
            $0.breaker.isEnabled = false
        }
        let witness = Witness(1_000)
        try rig.run { rig async throws in
            async let leader = rig.end(Self.get)
            await rig.sleep(for: 1)
            let follower = await rig.end(Self.get, observer: witness)
            #expect(follower.error != nil)
            #expect(rig.now <= 10 * second + 1)
            _ = await leader
        }
        #expect(witness.waits.first?.wait.reason == .leader)
    }

    @Test(
        arguments: [
            [.cacheControl: "no-store"], [.cacheControl: "private"], [.cacheControl: "no-cache"],
            [.vary: "*"],
        ] as [HTTPFields])
    func `an answer that must not be shared is not`(fields: HTTPFields) throws {
        let rig = try rig { _, index in
            .status(200, after: .seconds(1), fields: fields, body: "\(index)")
        }
        let ends = try rig.run { rig async throws in
            await rig.ends(of: Array(repeating: Self.get, count: 5))
        }
        #expect(ends.allSatisfy { $0.response?.cached == false })
        #expect(rig.sends == [0, second, second, second, second])
    }

    @Test func `an answer that is not kept is shared with those who wait all the same`() throws {
        let rig = try rig { _, _ in .status(404, after: .seconds(1)) }
        let ends = try rig.run { rig async throws in
            await rig.ends(of: Array(repeating: Self.get, count: 5))
        }
        #expect(ends.allSatisfy { $0.response?.statusCode == 404 })
        #expect(rig.sends.count == 1)
    }

    @Test func `a write outdates a flight under way: its answer is not kept, and nobody joins it`()
        throws
    {
        let rig = try rig { request, index in
            .status(200, after: request.method == .get ? .seconds(2) : .zero, body: "\(index)")
        }
        try rig.run { rig async throws in
            async let before = rig.end(Self.get)
            await rig.sleep(until: second)
            _ = try await rig.client.put("/a", body: nil)
            async let after = rig.end(Self.get)
            #expect(try await before.response?.data() == 0)
            // Were the old answer kept, this would be it.
            await rig.sleep(until: 2 * second + 1)
            async let joined = rig.end(Self.get)
            #expect(try await after.response?.data() == 2)
            #expect(try await joined.response?.data() == 2)
            #expect(try await rig.client.get("/a").data() == 2)
        }
        #expect(rig.sends == [0, second, second])
    }

    @Test(arguments: 0..<16 as Range<UInt64>)
    func `followers are woken in the order of their requests`(seed: UInt64) throws {
        let rig = try Rig([.status(200, after: .seconds(1))], seed: seed)
        let order = Order()
        try rig.run { rig async throws in
            await withTaskGroup(of: Void.self) { group in
                for number in [7, 3, 9, 1, 5] as [UInt64] {
                    group.addTask {
                        _ = await rig.end(Self.get, observer: Witness(number))
                        order.note(number)
                    }
                }
            }
        }
        // 7 leads; the others follow by number, not by when they came.
        #expect(order.all == [7, 1, 3, 5, 9])
    }
}
