import APIClient
import HTTPTypes
import Testing
import WindtunnelTesting

@Suite("A cancellation is no failure and stops the retries") struct CancellationTests {
    private let get = APIRequest(.get, "/a")

    @Test func `before the request: nothing is sent`() throws {
        let rig = try Rig([])
        let end = try rig.run { [get] rig in await rig.end(get, cancelledAfter: 0) }
        #expect(end.error?.code == .cancelled)
        #expect(rig.sends.isEmpty)
    }

    @Test func `during an attempt: one send, and the end is now`() throws {
        let rig = try Rig([], last: .hang)
        let end = try rig.run { [get] rig in await rig.end(get, cancelledAfter: second) }
        #expect(end.error?.code == .cancelled)
        #expect((end.error?.cause as? TransportError)?.code == .cancelled)
        #expect(rig.sends.count == 1)
        #expect(rig.now == second)
    }

    @Test func `while waiting for a retry: one send, and the end is now`() throws {
        let rig = try Rig([], last: .status(503, fields: [.retryAfter: "10"]))
        let end = try rig.run { [get] rig in await rig.end(get, cancelledAfter: second) }
        #expect(end.error?.code == .cancelled)
        #expect(rig.sends.count == 1)
        #expect(rig.now == second)
    }

    @Test func `while waiting for the limiter: no send, and its place is free again`() throws {
        let rig = try Rig([]) {
            $0.limiter.sendsPerMinute = 1
            $0.totalTimeout = .seconds(200)
        }
        try rig.run { [get] rig in
            _ = try await rig.client.delete("/a")
            let end = await rig.end(get, cancelledAfter: second)
            #expect(end.error?.code == .cancelled)
            #expect(rig.now == second)
            _ = try await rig.client.delete("/a")
        }
        #expect(rig.sends == [0, 60 * second])
    }

    @Test func `as a follower: no send, and the leader goes on`() throws {
        let rig = try Rig([], last: .status(200, after: .seconds(2)))
        let (leader, follower) = try rig.run { [get] rig in
            async let leader = rig.end(get)
            await rig.sleep(for: 1)
            let follower = await rig.end(get, cancelledAfter: second)
            return (await leader, follower)
        }
        #expect(leader.response?.statusCode == 200)
        #expect(follower.error?.code == .cancelled)
        #expect(rig.sends.count == 1)
    }

    @Test func `is nothing to the breaker`() throws {
        let rig = try Rig([], last: .hang)
        let state = try rig.run { [get] rig in
            for _ in 0..<20 {
                let end = await rig.end(get, cancelledAfter: 10 * millisecond)
                #expect(end.error?.code == .cancelled)
            }
            return await rig.end(get, cancelledAfter: 10 * millisecond).error?.code
        }
        #expect(state == .cancelled)
        #expect(rig.sends.count == 21)
    }

    @Test func `of one request leaves the others alone`() throws {
        let rig = try Rig([], last: .status(200, after: .seconds(2)))
        let (cut, whole) = try rig.run { rig async throws in
            async let cut = rig.end(APIRequest(.delete, "/a"), cancelledAfter: second)
            async let whole = rig.end(APIRequest(.delete, "/a"))
            return (await cut, await whole)
        }
        #expect(cut.error?.code == .cancelled)
        #expect(whole.response?.statusCode == 200)
    }
}
